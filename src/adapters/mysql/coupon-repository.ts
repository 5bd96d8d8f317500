import { couponId, type CouponId } from '../../core/ids.js';
import type { Coupon } from '../../coupon/coupon.js';
import type { CouponRepository } from '../../coupon/coupon-repository.js';
import { COUPON_COLUMNS, fromCouponRow, toCouponTermsRow, type CouponRow } from '../stored/coupon-rows.js';
import { offerSetVersion, raiseOfferSet } from './offer-set.js';
import { selectOne, selectValues, type MysqlSession, type StatementOptions } from './session.js';
import { insertText, updateText, valuesOf } from './statement-text.js';

const INSERT = insertText('coupon', COUPON_COLUMNS);
const INSERT_STOCK = insertText('coupon_stock', ['coupon_id', 'stock', 'budget_minor']);
const UPDATE = updateText('coupon', COUPON_COLUMNS, 'coupon_id = ? AND version = ?');
const UPDATE_STOCK = updateText('coupon_stock', ['stock', 'budget_minor'], 'coupon_id = ?');
const MARK_EAGER = 'UPDATE coupon SET given_eagerly = 1 WHERE coupon_id = ?';
const ALL_IDS = 'SELECT coupon_id FROM coupon ORDER BY coupon_id';

const SELECT = 'SELECT * FROM coupon JOIN coupon_stock USING (coupon_id)';
const FIND = `${SELECT} WHERE coupon_id = ?`;
/** Walks the primary key down; coupons are few (thousands), so what the filters skip costs little. */
const PAGE = `${SELECT}
  WHERE coupon_id < ? AND (? IS NULL OR issue = ?)
    AND (? IS NULL OR ? = CASE WHEN closes_at <= ? THEN 'ended' ELSE state END)
  ORDER BY coupon_id DESC LIMIT ?`;
/** As `lastValidUntil`. */
const LAST_VALID_UNTIL =
  'COALESCE(valid_until, LEAST(closes_at, COALESCE(ended_at, closes_at)) + valid_days * 86400000)';

const LIVE = `${SELECT}
  WHERE state <> 'draft' AND ${LAST_VALID_UNTIL} > ?
  ORDER BY coupon_id`;

/** As `nothingExpiresFrom`. */
const EXPIRED_UNTOLD = `
  SELECT coupon_id FROM coupon JOIN coupon_stock USING (coupon_id)
  WHERE expired_at IS NULL AND state <> 'draft' AND locked = 0
    AND COALESCE(recalled_at, ${LAST_VALID_UNTIL}) <= ?
  ORDER BY coupon_id LIMIT ?`;
const NOTE_EXPIRED = 'UPDATE coupon_stock SET expired_at = ? WHERE coupon_id = ? AND expired_at IS NULL';

const ADD_COUNTS = `
  UPDATE coupon_stock SET granted = granted + ?, locked = locked + ?, redeemed = redeemed + ?,
    forfeited = forfeited + ?, revoked = revoked + ?, locked_minor = locked_minor + ?, redeemed_minor = redeemed_minor + ?
  WHERE coupon_id = ?`;

export function createCouponRepository(session: MysqlSession): CouponRepository {
  const find = async (id: CouponId, options?: StatementOptions): Promise<Coupon | undefined> => {
    const row = await selectOne<CouponRow>(session, FIND, [id], options);
    return row === undefined ? undefined : fromCouponRow(row);
  };
  return {
    insert: async (coupon) => {
      await session.execute(INSERT, valuesOf(toCouponTermsRow(coupon), COUPON_COLUMNS));
      await session.execute(INSERT_STOCK, [coupon.id, coupon.stock ?? null, coupon.budgetMinor ?? null]);
      await raiseOfferSet(session);
    },
    find,
    lock: (id) => find(id, { lock: 'change' }),
    update: async (coupon, expectedVersion) => {
      const values = valuesOf(toCouponTermsRow(coupon), COUPON_COLUMNS);
      if ((await session.execute(UPDATE, [...values, coupon.id, expectedVersion])) === 0) return false;
      await session.execute(UPDATE_STOCK, [coupon.stock ?? null, coupon.budgetMinor ?? null, coupon.id]);
      await raiseOfferSet(session);
      return true;
    },
    addCounts: async (id, changes) => {
      const { granted = 0, locked = 0, redeemed = 0, forfeited = 0, revoked = 0 } = changes;
      const { lockedMinor = 0n, redeemedMinor = 0n } = changes;
      const counts = [granted, locked, redeemed, forfeited, revoked, lockedMinor, redeemedMinor];
      await session.execute(ADD_COUNTS, [...counts, id]);
    },
    markGivenEagerly: async (id) => {
      await session.execute(MARK_EAGER, [id]);
      await raiseOfferSet(session);
    },
    page: async ({ beforeId = Number.MAX_SAFE_INTEGER, issue = null, state = null, now, limit }) => {
      const rows = await session.selectRows<CouponRow>(PAGE, [beforeId, issue, issue, state, state, now, limit]);
      return rows.map(fromCouponRow);
    },
    setVersion: () => offerSetVersion(session),
    expiredUntold: async (now, limit) =>
      (await selectValues<number>(session, EXPIRED_UNTOLD, [now, limit])).map(couponId),
    noteExpired: async (id, at) => (await session.execute(NOTE_EXPIRED, [at, id])) === 1,
    allIds: async () => (await selectValues<number>(session, ALL_IDS, [])).map(couponId),
    liveAfter: async (after) => (await session.selectRows<CouponRow>(LIVE, [after])).map(fromCouponRow),
  };
}
