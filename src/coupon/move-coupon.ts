/** The moves of a coupon's own life, one table: from which states each is made. */
import { followCoupon } from '../campaign/follow-coupon.js';
import { DomainError } from '../core/errors.js';
import type { CouponId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS, type Topic } from '../core/topics.js';
import { couponEvent } from './coupon-event.js';
import type { CouponTx } from './coupon-repository.js';
import { couponState, type Coupon, type CouponState } from './coupon.js';
import { refuseStale } from './edit-coupon.js';
import { lockCoupon } from './get-coupon.js';

export const COUPON_MOVES = ['activate', 'pause', 'end'] as const;
export type CouponMove = (typeof COUPON_MOVES)[number];

interface Move {
  readonly from: readonly CouponState[];
  readonly to: CouponState;
  readonly topic: Topic;
}

const MOVES: Readonly<Record<CouponMove, Move>> = {
  activate: { from: ['draft', 'paused'], to: 'active', topic: TOPICS.couponActivated },
  pause: { from: ['active'], to: 'paused', topic: TOPICS.couponPaused },
  end: { from: ['draft', 'active', 'paused'], to: 'ended', topic: TOPICS.couponEnded },
};

/**
 * Moves a coupon. Safe to repeat: one that is there already stays as it is and nothing is announced again.
 * @throws DomainError `NOT_FOUND`; `COUPON_STATE` when the move is not made from its state.
 */
export async function moveCoupon(
  tx: CouponTx,
  now: EpochMs,
  { id, move }: { readonly id: CouponId; readonly move: CouponMove },
): Promise<Coupon> {
  const current = await lockCoupon(tx, id);
  const state = couponState(current, now);
  const { from, to, topic } = MOVES[move];
  if (state === to) return current;
  if (!from.includes(state)) {
    throw new DomainError('COUPON_STATE', `Coupon ${id} is ${state}; "${move}" goes from ${from.join(' or ')} only.`, {
      couponId: id,
      state,
      move,
    });
  }
  const moved: Coupon = {
    ...current,
    version: current.version + 1,
    storedState: to,
    endedAt: to === 'ended' ? now : undefined,
  };
  const isWritten = await tx.coupons.update(moved, current.version);
  if (!isWritten) refuseStale(moved, current.version);
  await tx.outbox.append(couponEvent(topic, moved, now));
  await followCoupon(tx, { before: current, after: moved, now });
  return moved;
}
