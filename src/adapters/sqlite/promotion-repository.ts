import type Database from 'better-sqlite3';
import { promotionId, type PromotionId } from '../../core/ids.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { PromotionQuery, PromotionRepository } from '../../promotion/promotion-repository.js';
import {
  fromPromotionRow,
  fromSubmitRow,
  toPromotionRow,
  type PromotionRow,
  type SubmitRow,
} from '../stored/promotion-rows.js';
import { offerSet } from './offer-set.js';

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

/** Read once for each change of any offer. */
const NOT_OVER = 'SELECT * FROM promotion WHERE ended_at IS NULL AND ends_at > ? ORDER BY promotion_id';

export function createPromotionRepository(database: Database.Database): PromotionRepository {
  const insert = database.prepare<[PromotionRow]>(INSERT);
  const update = database.prepare<[PromotionRow & { readonly expected_version: number }]>(UPDATE);
  const byId = database.prepare<[number], PromotionRow>('SELECT * FROM promotion WHERE promotion_id = ?');
  const findAll = database.prepare<[string], PromotionRow>(
    'SELECT * FROM promotion WHERE promotion_id IN (SELECT value FROM json_each(?))',
  );
  const allIds = database.prepare<[], number>('SELECT promotion_id FROM promotion').pluck();
  const notOver = database.prepare<[number], PromotionRow>(NOT_OVER);
  const set = offerSet(database);
  const page = database.prepare<[Record<string, unknown>], PromotionRow>(PAGE);
  const findSubmit = database.prepare<[Uint8Array], SubmitRow>('SELECT * FROM promotion_submit WHERE natural_key = ?');
  const putSubmit = database.prepare<[SubmitRow]>(
    'INSERT OR REPLACE INTO promotion_submit VALUES (@natural_key, @request_hash, @promotion_id, @submitted_at)',
  );
  const purge = database.prepare<[number, number]>(`
    DELETE FROM promotion_submit WHERE natural_key IN
      (SELECT natural_key FROM promotion_submit WHERE submitted_at < ? ORDER BY submitted_at LIMIT ?)`);

  const find = async (id: PromotionId): Promise<Promotion | undefined> => {
    const row = byId.get(id);
    return row === undefined ? undefined : fromPromotionRow(row);
  };

  return {
    insert: async (promotion) => {
      insert.run(toPromotionRow(promotion));
      set.raise();
    },
    find,
    lock: find, // the one writer is the lock
    findAll: async (ids) => findAll.all(JSON.stringify(ids)).map(fromPromotionRow),
    allIds: async () => allIds.all().map(promotionId),
    update: async (promotion, expectedVersion) => {
      if (update.run({ ...toPromotionRow(promotion), expected_version: expectedVersion }).changes === 0) return false;
      set.raise();
      return true;
    },
    setVersion: async () => set.version(),
    notOverAt: async (now) => notOver.all(now).map(fromPromotionRow),
    page: async (query) => page.all(toPageParameters(query)).map(fromPromotionRow),
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
