import type { PromotionId } from '../core/ids.js';
import type { OutboxEvent } from '../core/ports/outbox.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { Promotion } from './promotion.js';

/** Events of one promotion keep their order. */
export const promotionEventKey = (id: PromotionId): string => `promotion/${id}`;

export const promotionEventBody = (promotion: Promotion, at: EpochMs): OutboxEvent['body'] => ({
  promotionId: promotion.id,
  version: promotion.version,
  campaignId: promotion.campaignId ?? null,
  at: formatInstant(at),
});
