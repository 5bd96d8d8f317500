import { assert } from '../core/assert.js';
import type { PromotionId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { lockPromotion } from './get-promotion.js';
import { promotionEventBody, promotionEventKey } from './promotion-event.js';
import type { PromotionTx } from './promotion-repository.js';
import { promotionState, type Promotion } from './promotion.js';

/**
 * Ends a promotion now. Safe to repeat: one that has ended stays as it is and nothing is announced again.
 * @throws DomainError `NOT_FOUND`.
 */
export async function endPromotion(tx: PromotionTx, now: EpochMs, id: PromotionId): Promise<Promotion> {
  const current = await lockPromotion(tx, id);
  if (promotionState(current, now) === 'ended') return current;
  const ended: Promotion = { ...current, version: current.version + 1, endedAt: now };
  assert(await tx.promotions.update(ended, current.version), `promotion ${id} is locked, and so at its version`);
  await tx.outbox.append({
    topic: TOPICS.promotionEnded,
    key: promotionEventKey(ended.id),
    body: promotionEventBody(ended, now),
  });
  return ended;
}
