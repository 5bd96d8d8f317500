import { campaignId, promotionId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { parseStoredRule, parseStoredScope, ruleToJson, scopeToJson } from '../../promotion/promotion-json.js';
import type { PromotionSubmit } from '../../promotion/promotion-repository.js';
import type { Promotion } from '../../promotion/promotion.js';

export interface PromotionRow {
  readonly promotion_id: number;
  readonly version: number;
  readonly name: string;
  readonly description: string | null;
  readonly kind: string;
  readonly rule: string;
  readonly currency: string;
  readonly scope: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly created_by: string;
  readonly created_at: number;
  readonly edited_at: number | null;
  readonly ended_at: number | null;
  readonly campaign_id: number | null;
}

export interface SubmitRow {
  readonly natural_key: Uint8Array;
  readonly request_hash: Uint8Array;
  readonly promotion_id: number;
  readonly submitted_at: number;
}

export const toPromotionRow = (promotion: Promotion): PromotionRow => ({
  promotion_id: promotion.id,
  version: promotion.version,
  name: promotion.name,
  description: promotion.description ?? null,
  kind: promotion.rule.kind,
  rule: JSON.stringify(ruleToJson(promotion.rule)),
  currency: promotion.currency,
  scope: JSON.stringify(scopeToJson(promotion.scope)),
  starts_at: promotion.startsAt,
  ends_at: promotion.endsAt,
  created_by: promotion.createdBy,
  created_at: promotion.createdAt,
  edited_at: promotion.editedAt ?? null,
  ended_at: promotion.endedAt ?? null,
  campaign_id: promotion.campaignId ?? null,
});

export const fromPromotionRow = (row: PromotionRow): Promotion => ({
  id: promotionId(row.promotion_id),
  version: row.version,
  name: row.name,
  description: row.description ?? undefined,
  rule: parseStoredRule(row.rule),
  currency: row.currency,
  scope: parseStoredScope(row.scope),
  startsAt: epochMs(row.starts_at),
  endsAt: epochMs(row.ends_at),
  createdBy: row.created_by,
  createdAt: epochMs(row.created_at),
  editedAt: row.edited_at === null ? undefined : epochMs(row.edited_at),
  endedAt: row.ended_at === null ? undefined : epochMs(row.ended_at),
  campaignId: row.campaign_id === null ? undefined : campaignId(row.campaign_id),
});

export const fromSubmitRow = (row: SubmitRow): PromotionSubmit => ({
  naturalKey: new Uint8Array(row.natural_key),
  requestHash: new Uint8Array(row.request_hash),
  promotionId: promotionId(row.promotion_id),
  submittedAt: epochMs(row.submitted_at),
});
