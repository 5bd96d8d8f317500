import { DomainError } from '../core/errors.js';
import type { PromotionId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { getPromotion } from './get-promotion.js';
import { promotionEventBody, promotionEventKey } from './promotion-event.js';
import type { PromotionTx } from './promotion-repository.js';
import { promotionState, type Promotion } from './promotion.js';

/**
 * Ends a promotion now. Safe to repeat: one that has ended stays as it is and nothing is announced again.
 * @throws DomainError `NOT_FOUND`; `VERSION_CONFLICT` when it was edited at the same moment.
 */
export async function endPromotion(tx: PromotionTx, now: EpochMs, id: PromotionId): Promise<Promotion> {
  const current = await getPromotion(tx, id);
  if (promotionState(current, now) === 'ended') return current;
  const ended: Promotion = { ...current, version: current.version + 1, endedAt: now };
  const isWritten = await tx.promotions.update(ended, current.version);
  if (!isWritten) {
    throw new DomainError('VERSION_CONFLICT', `Promotion ${id} was changed at this very moment; try again.`, {
      promotionId: id,
    });
  }
  await tx.outbox.append({
    topic: TOPICS.promotionEnded,
    key: promotionEventKey(ended.id),
    body: promotionEventBody(ended, now),
  });
  return ended;
}
