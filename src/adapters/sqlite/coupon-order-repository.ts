import type Database from 'better-sqlite3';
import { orderId as toOrderId, type OrderId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { blankOrder, type CouponOrder, type OrderUse } from '../../coupon/order/coupon-order.js';
import type { CouponOrderRepository } from '../../coupon/order/coupon-order-repository.js';
import { fromOrderRow, fromUseRow, toOrderRow, toUseRow, type OrderRow, type UseRow } from '../stored/coupon-rows.js';

/** Relies on coupon_order_due. */
const DUE = 'SELECT order_id FROM coupon_order WHERE lock_ends_at <= ? ORDER BY lock_ends_at LIMIT ?';
const NEXT_DUE = 'SELECT lock_ends_at FROM coupon_order WHERE lock_ends_at IS NOT NULL ORDER BY lock_ends_at LIMIT 1';
const FORGET = `
  DELETE FROM coupon_order WHERE order_id IN
    (SELECT order_id FROM coupon_order WHERE forget_at <= ? ORDER BY forget_at LIMIT ?)`;
/** Both by their primary keys, merged as they are read. */
const IDS = `
  SELECT order_id FROM coupon_order WHERE order_id > @after UNION SELECT order_id FROM coupon_use WHERE order_id > @after
  ORDER BY order_id LIMIT @limit`;

export function createCouponOrderRepository(database: Database.Database): CouponOrderRepository {
  const find = database.prepare<[string], OrderRow>('SELECT * FROM coupon_order WHERE order_id = ?');
  const put = database.prepare<[OrderRow]>(`
    INSERT OR REPLACE INTO coupon_order VALUES (@order_id, @ordinal, @state, @version, @was_paid, @request, @lock_ends_at,
      @forget_at, @has_versions)`);
  const uses = database.prepare<[string, number], UseRow>(
    'SELECT * FROM coupon_use WHERE order_id = ? AND released = ? ORDER BY coupon_id, ordinal, n',
  );
  const putUse = database.prepare<[UseRow]>(
    'INSERT OR REPLACE INTO coupon_use VALUES (@order_id, @coupon_id, @ordinal, @n, @amount_minor, @released)',
  );
  const releaseUses = database.prepare<[string]>('UPDATE coupon_use SET released = 1 WHERE order_id = ?');
  const ids = database.prepare<[{ readonly after: string; readonly limit: number }], string>(IDS).pluck();
  const due = database.prepare<[number, number], string>(DUE).pluck();
  const nextDue = database.prepare<[], number>(NEXT_DUE).pluck();
  const forget = database.prepare<[number, number]>(FORGET);

  const findOne = (id: OrderId): CouponOrder | undefined => {
    const row = find.get(id);
    return row === undefined ? undefined : fromOrderRow(row);
  };
  const usesOf = (ids: readonly OrderId[], released: 0 | 1): readonly OrderUse[] =>
    [...ids].sort().flatMap((id) => uses.all(id, released).map(fromUseRow));

  return {
    lock: async (ids) => ids.map((id) => findOne(id) ?? blankOrder(id)), // the one writer is the lock
    find: async (id) => findOne(id),
    findAll: async (all) => all.flatMap((id) => findOne(id) ?? []),
    idsAfter: async (after, limit) => ids.all({ after: after ?? '', limit }).map(toOrderId),
    update: async (orders) => {
      for (const order of orders) put.run(toOrderRow(order));
    },
    usesOf: async (ids) => usesOf(ids, 0),
    releasedUsesOf: async (ids) => usesOf(ids, 1),
    replaceUses: async (id, all) => {
      releaseUses.run(id);
      for (const use of all) putUse.run(toUseRow(use));
    },
    due: async (now, limit) => due.all(now, limit).map(toOrderId),
    nextDueAt: async () => {
      const at = nextDue.get();
      return at === undefined ? undefined : epochMs(at);
    },
    forget: async (now, limit) => forget.run(now, limit).changes,
  };
}
