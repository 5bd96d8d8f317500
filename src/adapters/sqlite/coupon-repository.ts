import type Database from 'better-sqlite3';
import { couponId } from '../../core/ids.js';
import type { Coupon } from '../../coupon/coupon.js';
import type { CouponQuery, CouponRepository } from '../../coupon/coupon-repository.js';
import {
  COUPON_COLUMNS,
  fromCouponRow,
  toCouponTermsRow,
  type CouponRow,
  type CouponTermsRow,
} from '../stored/coupon-rows.js';
import { offerSet } from './offer-set.js';

const INSERT = `INSERT INTO coupon (${COUPON_COLUMNS.join(', ')}) VALUES (${COUPON_COLUMNS.map((name) => `@${name}`).join(', ')})`;
const UPDATE = `
  UPDATE coupon SET ${COUPON_COLUMNS.map((name) => `${name} = @${name}`).join(', ')}
  WHERE coupon_id = @coupon_id AND version = @expected_version`;

/** Sums as text: the driver rounds whole numbers that a double does not hold. */
const SELECT = `
  SELECT coupon.*, stock, budget_minor, granted, locked, redeemed, forfeited, revoked,
    CAST(locked_minor AS TEXT) AS locked_minor, CAST(redeemed_minor AS TEXT) AS redeemed_minor
  FROM coupon JOIN coupon_stock USING (coupon_id)`;

/** Walks the primary key down; coupons are few (thousands), so what the filters skip costs little. */
const PAGE = `${SELECT}
  WHERE coupon_id < coalesce(@before_id, 9007199254740991)
    AND (@issue IS NULL OR issue = @issue)
    AND (@state IS NULL OR @state = CASE WHEN closes_at <= @now THEN 'ended' ELSE state END)
  ORDER BY coupon_id DESC LIMIT @limit`;

/** As `lastValidUntil`. */
const LAST_VALID_UNTIL = 'coalesce(valid_until, min(closes_at, coalesce(ended_at, closes_at)) + valid_days * 86400000)';

const LIVE = `${SELECT}
  WHERE state <> 'draft' AND ${LAST_VALID_UNTIL} > ?
  ORDER BY coupon_id`;

const ADD_COUNTS = `
  UPDATE coupon_stock SET granted = granted + ?, locked = locked + ?, redeemed = redeemed + ?,
    forfeited = forfeited + ?, revoked = revoked + ?, locked_minor = locked_minor + ?, redeemed_minor = redeemed_minor + ?
  WHERE coupon_id = ?`;

/** As `nothingExpiresFrom`. */
const EXPIRED_UNTOLD = `
  SELECT coupon_id FROM coupon JOIN coupon_stock USING (coupon_id)
  WHERE expired_at IS NULL AND state <> 'draft' AND locked = 0
    AND coalesce(recalled_at, ${LAST_VALID_UNTIL}) <= ?
  ORDER BY coupon_id LIMIT ?`;

type Amount = number | bigint;

export function createCouponRepository(database: Database.Database): CouponRepository {
  const insert = database.prepare<[CouponTermsRow]>(INSERT);
  const insertStock = database.prepare<[number, number | null, Amount | null]>(
    'INSERT INTO coupon_stock (coupon_id, stock, budget_minor) VALUES (?, ?, ?)',
  );
  const update = database.prepare<[CouponTermsRow & { readonly expected_version: number }]>(UPDATE);
  const updateStock = database.prepare<[number | null, Amount | null, number]>(
    'UPDATE coupon_stock SET stock = ?, budget_minor = ? WHERE coupon_id = ?',
  );
  const set = offerSet(database);
  const markEager = database.prepare<[number]>('UPDATE coupon SET given_eagerly = 1 WHERE coupon_id = ?');
  const find = database.prepare<[number], CouponRow>(`${SELECT} WHERE coupon_id = ?`);
  const page = database.prepare<[Record<string, unknown>], CouponRow>(PAGE);
  const allIds = database.prepare<[], number>('SELECT coupon_id FROM coupon ORDER BY coupon_id').pluck();
  const live = database.prepare<[number], CouponRow>(LIVE);
  const addCounts = database.prepare<[number, number, number, number, number, Amount, Amount, number]>(ADD_COUNTS);

  const expiredUntold = database.prepare<[number, number], number>(EXPIRED_UNTOLD).pluck();
  const noteExpired = database.prepare<[number, number]>(
    'UPDATE coupon_stock SET expired_at = ? WHERE coupon_id = ? AND expired_at IS NULL',
  );

  const findOne = (id: number): Coupon | undefined => {
    const row = find.get(id);
    return row === undefined ? undefined : fromCouponRow(row);
  };

  return {
    insert: async (coupon) => {
      insert.run(toCouponTermsRow(coupon));
      insertStock.run(coupon.id, coupon.stock ?? null, coupon.budgetMinor ?? null);
      set.raise();
    },
    find: async (id) => findOne(id),
    lock: async (id) => findOne(id), // the one writer is the lock
    update: async (coupon, expectedVersion) => {
      const { changes } = update.run({ ...toCouponTermsRow(coupon), expected_version: expectedVersion });
      if (changes === 0) return false;
      updateStock.run(coupon.stock ?? null, coupon.budgetMinor ?? null, coupon.id);
      set.raise();
      return true;
    },
    addCounts: async (id, changes) => {
      const { granted = 0, locked = 0, redeemed = 0, forfeited = 0, revoked = 0 } = changes;
      const { lockedMinor = 0n, redeemedMinor = 0n } = changes;
      addCounts.run(granted, locked, redeemed, forfeited, revoked, lockedMinor, redeemedMinor, id);
    },
    markGivenEagerly: async (id) => {
      markEager.run(id);
      set.raise();
    },
    page: async (query) => page.all(toPageParameters(query)).map(fromCouponRow),
    setVersion: async () => set.version(),
    expiredUntold: async (now, limit) => expiredUntold.all(now, limit).map(couponId),
    noteExpired: async (id, at) => noteExpired.run(at, id).changes === 1,
    allIds: async () => allIds.all().map(couponId),
    liveAfter: async (after) => live.all(after).map(fromCouponRow),
  };
}

const toPageParameters = (query: CouponQuery): Record<string, unknown> => ({
  before_id: query.beforeId ?? null,
  issue: query.issue ?? null,
  state: query.state ?? null,
  now: query.now,
  limit: query.limit,
});
