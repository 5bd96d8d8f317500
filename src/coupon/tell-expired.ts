import type { CouponId } from '../core/ids.js';
import type { Store } from '../core/ports/store.js';
import type { Clock } from '../core/ports/clock.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { couponEventKey } from './coupon-event.js';
import type { CouponTx } from './coupon-repository.js';
import { nothingExpiresFrom, revokedCount } from './coupon.js';
import { lockCoupon } from './get-coupon.js';

const COUPONS_PER_LOOK = 100;

type ExpiredTx = Pick<CouponTx, 'coupons' | 'outbox'>;

/** Tells of each coupon of which nothing can expire any more and nothing is locked, once, with its counts. Safe to repeat. */
export async function tellExpired(
  { store, clock }: { readonly store: Store<ExpiredTx>; readonly clock: Clock },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  for (let isMore = true; isMore && !signal.aborted;) {
    const ids = await store.read((tx) => tx.coupons.expiredUntold(clock.now(), COUPONS_PER_LOOK));
    for (const id of ids) await store.transaction((tx) => tellOne(tx, clock.now(), id), { isBulk: true });
    isMore = ids.length === COUPONS_PER_LOOK;
  }
}

async function tellOne(tx: ExpiredTx, now: EpochMs, id: CouponId): Promise<void> {
  const coupon = await lockCoupon(tx, id);
  if (coupon.counts.locked > 0 || now < nothingExpiresFrom(coupon)) return; // changed since it was found
  if (!(await tx.coupons.noteExpired(id, now))) return;
  const { granted, redeemed, forfeited, locked, redeemedMinor } = coupon.counts;
  const revoked = revokedCount(coupon);
  await tx.outbox.append({
    topic: TOPICS.couponExpired,
    key: couponEventKey(id),
    body: {
      couponId: id,
      granted,
      redeemed,
      forfeited,
      revoked,
      expired: granted - redeemed - forfeited - revoked - locked,
      redeemedMinor: redeemedMinor.toString(),
      at: formatInstant(now),
    },
  });
}
