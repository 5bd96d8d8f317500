import { addMs, DAY_MS, epochMs, HOUR_MS, type EpochMs } from '../../src/core/time.js';
import { couponId } from '../../src/core/ids.js';
import { NO_COUNTS, type Coupon } from '../../src/coupon/coupon.js';
import type { CouponTx } from '../../src/coupon/coupon-repository.js';
import { createCoupon, type CreateCoupon } from '../../src/coupon/create-coupon.js';
import { moveCoupon } from '../../src/coupon/move-coupon.js';

/** A coupon that members claim, open from an hour ago for ten days, 5 yuan off each order. */
export const couponCommand = (now: EpochMs, changes: Partial<CreateCoupon> = {}): CreateCoupon => ({
  name: '满减券',
  description: undefined,
  promotionId: undefined,
  issue: 'selfClaim',
  rule: { kind: 'directCut', cutMinor: 500n },
  currency: 'CNY',
  scope: { kind: 'wholeShop' },
  validity: { kind: 'window', startsAt: epochMs(now - HOUR_MS), endsAt: addMs(now, 20 * DAY_MS) },
  opensAt: epochMs(now - HOUR_MS),
  closesAt: addMs(now, 10 * DAY_MS),
  audience: { kind: 'everybody' },
  limitPerMember: 1,
  stacking: 'alone',
  afterRefund: 'available',
  sweepAtClose: false,
  byCodeOnly: false,
  stock: undefined,
  budgetMinor: undefined,
  createdBy: 'alice',
  ...changes,
});

/** A draft of it as a store keeps it, with no counts. */
export const aCoupon = (now: EpochMs, id: number, changes: Partial<Coupon> = {}): Coupon => ({
  ...couponCommand(now),
  id: couponId(id),
  version: 1,
  storedState: 'draft',
  createdAt: now,
  editedAt: undefined,
  endedAt: undefined,
  isGivenEagerly: false,
  recalledAt: undefined,
  counts: NO_COUNTS,
  ...changes,
});

/** Runs a change of coupons in a transaction: a store's own way, or a desk's. */
export type RunChange = (body: (tx: CouponTx) => Promise<Coupon>) => Promise<Coupon>;

/** Makes one and activates it. */
export async function activeCoupon(run: RunChange, now: EpochMs, changes: Partial<CreateCoupon> = {}): Promise<Coupon> {
  const { id } = await run((tx) => createCoupon(tx, now, couponCommand(now, changes)));
  return run((tx) => moveCoupon(tx, now, { id, move: 'activate' }));
}
