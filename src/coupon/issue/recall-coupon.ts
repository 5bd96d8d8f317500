/**
 * Recall: every grant of a coupon that is not redeemed is taken back by one fact on the coupon, however many there are.
 * Nothing is written per grant: whoever reads one finds it revoked. A grant that an order holds stays with that order: paid,
 * it is redeemed; released, it is revoked. One that a refund would give back is revoked instead. The coupon ends with it.
 */
import { followCoupon } from '../../campaign/follow-coupon.js';
import { DomainError } from '../../core/errors.js';
import type { CouponId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import { TOPICS } from '../../core/topics.js';
import { couponEvent, recalledEvent } from '../coupon-event.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState, type Coupon } from '../coupon.js';
import { refuseStale } from '../edit-coupon.js';
import { lockCoupon } from '../get-coupon.js';

/**
 * Recalls a coupon. Safe to repeat: one that was recalled stays as it is and nothing is announced again.
 * @throws DomainError `NOT_FOUND`; `COUPON_STATE` for a draft, which nobody holds.
 */
export async function recallCoupon(tx: CouponTx, now: EpochMs, id: CouponId): Promise<Coupon> {
  const current = await lockCoupon(tx, id);
  if (current.recalledAt !== undefined) return current;
  const state = couponState(current, now);
  if (state === 'draft') {
    throw new DomainError('COUPON_STATE', `Coupon ${id} is a draft that nobody holds; end it instead.`, {
      couponId: id,
      state,
    });
  }
  const recalled: Coupon = {
    ...current,
    version: current.version + 1,
    storedState: 'ended',
    endedAt: current.endedAt ?? now,
    recalledAt: now,
  };
  const isWritten = await tx.coupons.update(recalled, current.version);
  if (!isWritten) refuseStale(recalled, current.version);
  if (current.storedState !== 'ended') await tx.outbox.append(couponEvent(TOPICS.couponEnded, recalled, now));
  await tx.outbox.append(recalledEvent(recalled, now));
  await followCoupon(tx, { before: current, after: recalled, now });
  return recalled;
}
