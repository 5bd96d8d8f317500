import type Database from 'better-sqlite3';
import { couponId } from '../../core/ids.js';
import type { Coupon } from '../../coupon/coupon.js';
import type { CouponQuery, CouponRepository } from '../../coupon/coupon-repository.js';
import { fromCouponRow, toCouponTermsRow, type CouponRow, type CouponTermsRow } from '../stored/coupon-rows.js';

const INSERT = `
  INSERT INTO coupon VALUES (@coupon_id, @version, @state, @name, @description, @promotion_id, @issue, @kind, @rule,
    @currency, @scope, @valid_from, @valid_until, @valid_days, @opens_at, @closes_at, @audience_campaign_id,
    @limit_per_member, @stacking, @after_refund, @created_by, @created_at, @edited_at, @ended_at)`;

const UPDATE = `
  UPDATE coupon SET version = @version, state = @state, name = @name, description = @description,
    promotion_id = @promotion_id, issue = @issue, kind = @kind, rule = @rule, currency = @currency, scope = @scope,
    valid_from = @valid_from, valid_until = @valid_until, valid_days = @valid_days, opens_at = @opens_at,
    closes_at = @closes_at, audience_campaign_id = @audience_campaign_id, limit_per_member = @limit_per_member,
    stacking = @stacking, after_refund = @after_refund, edited_at = @edited_at, ended_at = @ended_at
  WHERE coupon_id = @coupon_id AND version = @expected_version`;

const SELECT = 'SELECT * FROM coupon JOIN coupon_stock USING (coupon_id)';

/** Walks the primary key down; coupons are few (thousands), so what the filters skip costs little. */
const PAGE = `${SELECT}
  WHERE coupon_id < coalesce(@before_id, 9007199254740991)
    AND (@issue IS NULL OR issue = @issue)
    AND (@state IS NULL OR @state = CASE WHEN closes_at <= @now THEN 'ended' ELSE state END)
  ORDER BY coupon_id DESC LIMIT @limit`;

const LIVE = `${SELECT}
  WHERE state <> 'draft' AND coalesce(valid_until, closes_at + valid_days * 86400000) > ?
  ORDER BY coupon_id`;

const ADD_COUNTS = `
  UPDATE coupon_stock SET granted = granted + ?, locked = locked + ?, redeemed = redeemed + ?,
    forfeited = forfeited + ?, revoked = revoked + ?, locked_minor = locked_minor + ?, redeemed_minor = redeemed_minor + ?
  WHERE coupon_id = ?`;

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
  const raiseVersion = database.prepare(
    'INSERT INTO coupon_set VALUES (1, 1) ON CONFLICT DO UPDATE SET version = version + 1',
  );
  const setVersion = database.prepare<[], number>('SELECT version FROM coupon_set').pluck();
  const find = database.prepare<[number], CouponRow>(`${SELECT} WHERE coupon_id = ?`);
  const page = database.prepare<[Record<string, unknown>], CouponRow>(PAGE);
  const allIds = database.prepare<[], number>('SELECT coupon_id FROM coupon ORDER BY coupon_id').pluck();
  const live = database.prepare<[number], CouponRow>(LIVE);
  const addCounts = database.prepare<[number, number, number, number, number, Amount, Amount, number]>(ADD_COUNTS);

  const findOne = (id: number): Coupon | undefined => {
    const row = find.get(id);
    return row === undefined ? undefined : fromCouponRow(row);
  };

  return {
    insert: async (coupon) => {
      insert.run(toCouponTermsRow(coupon));
      insertStock.run(coupon.id, coupon.stock ?? null, coupon.budgetMinor ?? null);
      raiseVersion.run();
    },
    find: async (id) => findOne(id),
    lock: async (id) => findOne(id), // the one writer is the lock
    update: async (coupon, expectedVersion) => {
      const { changes } = update.run({ ...toCouponTermsRow(coupon), expected_version: expectedVersion });
      if (changes === 0) return false;
      updateStock.run(coupon.stock ?? null, coupon.budgetMinor ?? null, coupon.id);
      raiseVersion.run();
      return true;
    },
    addCounts: async (id, changes) => {
      const { granted = 0, locked = 0, redeemed = 0, forfeited = 0, revoked = 0 } = changes;
      const { lockedMinor = 0n, redeemedMinor = 0n } = changes;
      addCounts.run(granted, locked, redeemed, forfeited, revoked, lockedMinor, redeemedMinor, id);
    },
    page: async (query) => page.all(toPageParameters(query)).map(fromCouponRow),
    setVersion: async () => setVersion.get() ?? 0,
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
