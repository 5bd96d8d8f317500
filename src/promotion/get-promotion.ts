import { DomainError } from '../core/errors.js';
import type { PromotionId } from '../core/ids.js';
import type { Promotion } from './promotion.js';
import type { PromotionReader } from './promotion-reader.js';

/** @throws DomainError `NOT_FOUND`. */
export async function getPromotion(
  from: { readonly promotions: Pick<PromotionReader, 'find'> },
  id: PromotionId,
): Promise<Promotion> {
  const promotion = await from.promotions.find(id);
  if (promotion !== undefined) return promotion;
  throw new DomainError('NOT_FOUND', `There is no promotion ${id}; list them to see which exist.`, { promotionId: id });
}
