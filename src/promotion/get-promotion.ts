import { DomainError } from '../core/errors.js';
import type { PromotionId } from '../core/ids.js';
import type { Promotion } from './promotion.js';
import type { PromotionTx } from './promotion-repository.js';
import type { PromotionReader } from './promotion-reader.js';

/** @throws DomainError `NOT_FOUND`. */
export async function getPromotion(
  from: { readonly promotions: Pick<PromotionReader, 'find'> },
  id: PromotionId,
): Promise<Promotion> {
  return orNotFound(id, await from.promotions.find(id));
}

/**
 * The same for whoever changes it: nobody else does before this transaction has ended.
 * @throws DomainError `NOT_FOUND`.
 */
export async function lockPromotion(tx: Pick<PromotionTx, 'promotions'>, id: PromotionId): Promise<Promotion> {
  return orNotFound(id, await tx.promotions.lock(id));
}

function orNotFound(id: PromotionId, promotion: Promotion | undefined): Promotion {
  if (promotion !== undefined) return promotion;
  throw new DomainError('NOT_FOUND', `There is no promotion ${id}; list them to see which exist.`, { promotionId: id });
}
