import type Database from 'better-sqlite3';
import { campaignId, promotionId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { parseStoredRule, parseStoredScope, ruleToJson, scopeToJson } from '../../promotion/promotion-json.js';
import type { PromotionQuery, PromotionRepository, PromotionSubmit } from '../../promotion/promotion-repository.js';
import type { Promotion } from '../../promotion/promotion.js';

interface PromotionRow {
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

interface SubmitRow {
  readonly natural_key: Uint8Array;
  readonly request_hash: Uint8Array;
  readonly promotion_id: number;
  readonly submitted_at: number;
}

const INSERT = `
  INSERT INTO promotion VALUES (@promotion_id, @version, @name, @description, @kind, @rule, @currency, @scope,
    @starts_at, @ends_at, @created_by, @created_at, @edited_at, @ended_at, @campaign_id)`;

const UPDATE = `
  UPDATE promotion SET version = @version, name = @name, description = @description, kind = @kind, rule = @rule,
    currency = @currency, scope = @scope, starts_at = @starts_at, ends_at = @ends_at, edited_at = @edited_at,
    ended_at = @ended_at, campaign_id = @campaign_id
  WHERE promotion_id = @promotion_id AND version = @expected_version`;

/** Walks the primary key down; promotions are few (thousands), so what the filters skip costs little. */
const PAGE = `
  SELECT * FROM promotion
  WHERE promotion_id < coalesce(@before_id, 9007199254740991)
    AND (@kind IS NULL OR kind = @kind)
    AND (@state IS NULL OR @state = CASE
      WHEN ended_at IS NOT NULL OR ends_at <= @now THEN 'ended'
      WHEN starts_at > @now THEN 'scheduled'
      ELSE 'running' END)
  ORDER BY promotion_id DESC LIMIT @limit`;

export function createPromotionRepository(database: Database.Database): PromotionRepository {
  const insert = database.prepare<[PromotionRow]>(INSERT);
  const update = database.prepare<[PromotionRow & { readonly expected_version: number }]>(UPDATE);
  const find = database.prepare<[number], PromotionRow>('SELECT * FROM promotion WHERE promotion_id = ?');
  const page = database.prepare<[Record<string, unknown>], PromotionRow>(PAGE);
  const findSubmit = database.prepare<[Uint8Array], SubmitRow>('SELECT * FROM promotion_submit WHERE natural_key = ?');
  const putSubmit = database.prepare<[SubmitRow]>(
    'INSERT OR REPLACE INTO promotion_submit VALUES (@natural_key, @request_hash, @promotion_id, @submitted_at)',
  );
  const purge = database.prepare<[number, number]>(`
    DELETE FROM promotion_submit WHERE natural_key IN
      (SELECT natural_key FROM promotion_submit WHERE submitted_at < ? ORDER BY submitted_at LIMIT ?)`);

  return {
    insert: async (promotion) => {
      insert.run(toRow(promotion));
    },
    find: async (id) => {
      const row = find.get(id);
      return row === undefined ? undefined : fromRow(row);
    },
    update: async (promotion, expectedVersion) =>
      update.run({ ...toRow(promotion), expected_version: expectedVersion }).changes === 1,
    page: async (query) => page.all(toPageParameters(query)).map(fromRow),
    lockSubmit: async (naturalKey) => {
      const row = findSubmit.get(naturalKey); // the one writer is the lock
      return row === undefined ? undefined : fromSubmitRow(row);
    },
    putSubmit: async ({ naturalKey, requestHash, promotionId: id, submittedAt }) => {
      putSubmit.run({
        natural_key: naturalKey,
        request_hash: requestHash,
        promotion_id: id,
        submitted_at: submittedAt,
      });
    },
    purgeSubmits: async (before, limit) => purge.run(before, limit).changes,
  };
}

const toPageParameters = (query: PromotionQuery): Record<string, unknown> => ({
  before_id: query.beforeId ?? null,
  kind: query.kind ?? null,
  state: query.state ?? null,
  now: query.now,
  limit: query.limit,
});

const toRow = (promotion: Promotion): PromotionRow => ({
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

const fromRow = (row: PromotionRow): Promotion => ({
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

const fromSubmitRow = (row: SubmitRow): PromotionSubmit => ({
  naturalKey: new Uint8Array(row.natural_key),
  requestHash: new Uint8Array(row.request_hash),
  promotionId: promotionId(row.promotion_id),
  submittedAt: epochMs(row.submitted_at),
});
