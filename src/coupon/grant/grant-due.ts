/**
 * What the platform gives by itself: every coupon that is due to a member and not yet granted. Nothing is written before
 * she shows up, and nothing is found by scanning: a look-up per live coupon.
 */
import type { CouponId, Ordinal } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import type { EpochMs } from '../../core/time.js';
import { TOPICS } from '../../core/topics.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState, stockLeft, type Coupon } from '../coupon.js';
import { eligibilityOf } from '../claim/eligibility.js';
import { getCoupon, lockCoupon } from '../get-coupon.js';
import { giveGrants } from './give-grants.js';
import { newGrant } from './grant.js';
import { membersWithout } from './held-grants.js';

/** What made a member show up, as the journal says. */
export type Occasion = 'login' | 'wallet';

export interface GrantDue {
  /** All that may be due, as the shelf has them. */
  readonly live: readonly Coupon[];
  readonly ordinals: readonly Ordinal[];
  readonly occasion: Occasion;
}

/**
 * Gives these members what is due to them. Safe to repeat and to run at the same time: one grant of each. Where the stock
 * does not suffice, the first in the order given have it. The clock is read again under each coupon's lock. The caller has
 * seen in this transaction that they exist.
 */
export async function grantDue(tx: CouponTx, readNow: ReadNow, { live, ordinals, occasion }: GrantDue): Promise<void> {
  for (const { id, members } of await missing(tx, readNow(), { live, members: [...new Set(ordinals)] })) {
    if (!(await isAnyoneDue(tx, id, members))) continue; // who gets nothing waits for nobody's lock
    const coupon = await lockCoupon(tx, id);
    const now = readNow();
    const left = stockLeft(coupon) ?? Infinity;
    if (left === 0 || !isDue(coupon, now)) continue;
    const [still = []] = await membersWithout(tx, [coupon], members); // under the lock; who had one has it still
    const due = await eligible(tx, coupon, still);
    const grants = due.slice(0, left).map((ordinal) => newGrant({ couponId: id, ordinal, n: 1 }, now, undefined));
    await giveGrants(tx, coupon, { grants, giver: { actor: occasion, topic: TOPICS.couponGranted }, now });
  }
}

/** Whether `grantDue` would give this member anything: reads only. */
export async function isAnythingDue(
  tx: CouponTx,
  now: EpochMs,
  { live, ordinal }: { readonly live: readonly Coupon[]; readonly ordinal: Ordinal },
): Promise<boolean> {
  for (const { id, members } of await missing(tx, now, { live, members: [ordinal] }))
    if (await isAnyoneDue(tx, id, members)) return true;
  return false;
}

/** Of the coupons that are given now, those that somebody does not have, and who. */
async function missing(
  tx: CouponTx,
  now: EpochMs,
  { live, members }: { readonly live: readonly Coupon[]; readonly members: readonly Ordinal[] },
): Promise<readonly { readonly id: CouponId; readonly members: readonly Ordinal[] }[]> {
  const due = live.filter((coupon) => isDue(coupon, now));
  const without = await membersWithout(tx, due, members);
  return due
    .map(({ id }, index) => ({ id, members: without[index] ?? [] }))
    .filter(({ members }) => members.length > 0);
}

/** Whether one of these members, who have none, may have one, and there is one left. Locks nothing. */
async function isAnyoneDue(tx: CouponTx, id: CouponId, members: readonly Ordinal[]): Promise<boolean> {
  const coupon = await getCoupon(tx, id); // its counts are newer than those of the list
  return stockLeft(coupon) !== 0 && (await eligible(tx, coupon, members)).length > 0;
}

/** Whether the platform gives it now to whoever is due. */
export const isDue = (coupon: Coupon, now: EpochMs): boolean =>
  coupon.issue === 'platform' && couponState(coupon, now) === 'active' && now >= coupon.opensAt;

async function eligible(tx: CouponTx, coupon: Coupon, ordinals: readonly Ordinal[]): Promise<readonly Ordinal[]> {
  const isEligible = await eligibilityOf(tx, coupon, ordinals);
  return ordinals.filter((ordinal) => isEligible(ordinal) === true);
}
