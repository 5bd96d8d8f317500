import { promotionId, type PromotionId } from '../../core/ids.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { PromotionRepository } from '../../promotion/promotion-repository.js';
import {
  fromPromotionRow,
  fromSubmitRow,
  toPromotionRow,
  type PromotionRow,
  type SubmitRow,
} from '../stored/promotion-rows.js';
import { offerSetVersion, raiseOfferSet } from './offer-set.js';
import { selectOne, selectValues, type MysqlSession, type StatementOptions } from './session.js';
import { insertText, updateText, valuesOf } from './statement-text.js';

const COLUMNS = [
  'promotion_id',
  'version',
  'name',
  'description',
  'kind',
  'rule',
  'currency',
  'scope',
  'starts_at',
  'ends_at',
  'created_by',
  'created_at',
  'edited_at',
  'ended_at',
  'campaign_id',
] as const satisfies readonly (keyof PromotionRow)[];

const INSERT = insertText('promotion', COLUMNS);
const UPDATE = updateText('promotion', COLUMNS, 'promotion_id = ? AND version = ?');
const FIND = 'SELECT * FROM promotion WHERE promotion_id = ?';
const FIND_ALL = 'SELECT * FROM promotion WHERE promotion_id IN (?)';
const ALL_IDS = 'SELECT promotion_id FROM promotion';

/** Walks the primary key down; promotions are few (thousands), so what the filters skip costs little. */
const PAGE = `
  SELECT * FROM promotion
  WHERE promotion_id < ? AND (? IS NULL OR kind = ?)
    AND (? IS NULL OR ? = CASE
      WHEN ended_at IS NOT NULL OR ends_at <= ? THEN 'ended'
      WHEN starts_at > ? THEN 'scheduled'
      ELSE 'running' END)
  ORDER BY promotion_id DESC LIMIT ?`;

/** Read once for each change of any offer. */
const NOT_OVER = 'SELECT * FROM promotion WHERE ended_at IS NULL AND ends_at > ? ORDER BY promotion_id';

/** Makes the row if it is not there: whoever comes second waits here until the first has ended. */
const LOCK_SUBMIT = `
  INSERT INTO promotion_submit (natural_key) VALUES (?) ON DUPLICATE KEY UPDATE natural_key = natural_key`;
const FIND_SUBMIT = 'SELECT * FROM promotion_submit WHERE natural_key = ? AND promotion_id IS NOT NULL';
const PUT_SUBMIT = `
  INSERT INTO promotion_submit (natural_key, request_hash, promotion_id, submitted_at) VALUES (?, ?, ?, ?)
  ON DUPLICATE KEY UPDATE request_hash = VALUES(request_hash), promotion_id = VALUES(promotion_id),
    submitted_at = VALUES(submitted_at)`;
const PURGE_SUBMITS = 'DELETE FROM promotion_submit WHERE submitted_at < ? ORDER BY submitted_at LIMIT ?';

export function createPromotionRepository(session: MysqlSession): PromotionRepository {
  const find = async (id: PromotionId, options?: StatementOptions): Promise<Promotion | undefined> => {
    const row = await selectOne<PromotionRow>(session, FIND, [id], options);
    return row === undefined ? undefined : fromPromotionRow(row);
  };
  return {
    insert: async (promotion) => {
      await session.execute(INSERT, valuesOf(toPromotionRow(promotion), COLUMNS));
      await raiseOfferSet(session);
    },
    find,
    lock: (id) => find(id, { lock: 'change' }),
    findAll: async (ids) => {
      if (ids.length === 0) return [];
      const rows = await session.selectRows<PromotionRow>(FIND_ALL, [ids], { isText: true });
      return rows.map(fromPromotionRow);
    },
    allIds: async () => {
      const ids = await selectValues<number>(session, ALL_IDS, []);
      return ids.map(promotionId);
    },
    update: async (promotion, expectedVersion) => {
      const values = valuesOf(toPromotionRow(promotion), COLUMNS);
      if ((await session.execute(UPDATE, [...values, promotion.id, expectedVersion])) === 0) return false;
      await raiseOfferSet(session);
      return true;
    },
    setVersion: () => offerSetVersion(session),
    notOverAt: async (now) => {
      const rows = await session.selectRows<PromotionRow>(NOT_OVER, [now]);
      return rows.map(fromPromotionRow);
    },
    page: async ({ beforeId = Number.MAX_SAFE_INTEGER, kind = null, state = null, now, limit }) => {
      const rows = await session.selectRows<PromotionRow>(PAGE, [beforeId, kind, kind, state, state, now, now, limit]);
      return rows.map(fromPromotionRow);
    },
    lockSubmit: async (naturalKey) => {
      await session.execute(LOCK_SUBMIT, [naturalKey]);
      const row = await selectOne<SubmitRow>(session, FIND_SUBMIT, [naturalKey]);
      return row === undefined ? undefined : fromSubmitRow(row);
    },
    putSubmit: async ({ naturalKey, requestHash, promotionId: id, submittedAt }) => {
      await session.execute(PUT_SUBMIT, [naturalKey, requestHash, id, submittedAt]);
    },
    purgeSubmits: (before, limit) => session.execute(PURGE_SUBMITS, [before, limit]),
  };
}
