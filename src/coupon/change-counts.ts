import { followCoupon } from '../campaign/follow-coupon.js';
import type { EpochMs } from '../core/time.js';
import { afterChanges, type Coupon, type CountChanges } from './coupon.js';
import type { CouponTx } from './coupon-repository.js';

/**
 * The one way by which counts of a coupon change: adds to those of a coupon that this transaction has locked, and lets
 * the campaigns that tell of it follow when that has given it out, or given some back. Answers the coupon as it is then.
 */
export async function changeCounts(
  tx: Pick<CouponTx, 'coupons' | 'campaigns' | 'outbox' | 'tasks'>,
  coupon: Coupon,
  { changes, now }: { readonly changes: CountChanges; readonly now: EpochMs },
): Promise<Coupon> {
  await tx.coupons.addCounts(coupon.id, changes);
  const after = afterChanges(coupon, changes);
  await followCoupon(tx, { before: coupon, after, now });
  return after;
}
