import { assert } from '../../core/assert.js';
import { orderId as toOrderId, type OrderId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { blankOrder, type OrderUse } from '../../coupon/order/coupon-order.js';
import type { CouponOrderRepository } from '../../coupon/order/coupon-order-repository.js';
import { fromOrderRow, fromUseRow, toOrderRow, toUseRow, type OrderRow, type UseRow } from '../stored/coupon-rows.js';
import { keySlices, rowSlices } from './bounded-lists.js';
import { selectOne, selectValue, selectValues, type Bound, type MysqlSession } from './session.js';
import { valuesOf } from './statement-text.js';

const COLUMNS = [
  'order_id',
  'ordinal',
  'state',
  'version',
  'was_paid',
  'request',
  'lock_ends_at',
  'forget_at',
  'has_versions',
] as const satisfies readonly (keyof OrderRow)[];
const USE_COLUMNS = [
  'order_id',
  'coupon_id',
  'ordinal',
  'n',
  'amount_minor',
  'released',
] as const satisfies readonly (keyof UseRow)[];

const INSERT = `INSERT INTO coupon_order (${COLUMNS.join(', ')}) VALUES ?`;
/** Makes the rows that are missing, and holds them all, in the order of the statement. */
const HOLD = `${INSERT} ON DUPLICATE KEY UPDATE order_id = VALUES(order_id)`;
const UPDATE = `${INSERT} ON DUPLICATE KEY UPDATE ${COLUMNS.slice(1)
  .map((column) => `${column} = VALUES(${column})`)
  .join(', ')}`;
/** Each half by its primary key, ended by its own LIMIT: a union alone reads both to their ends. */
const IDS = `
  (SELECT order_id FROM coupon_order WHERE order_id > ? ORDER BY order_id LIMIT ?)
  UNION (SELECT DISTINCT order_id FROM coupon_use WHERE order_id > ? ORDER BY order_id LIMIT ?)
  ORDER BY order_id LIMIT ?`;
const SELECT_ALL = 'SELECT * FROM coupon_order WHERE order_id IN (?)';
const FIND = 'SELECT * FROM coupon_order WHERE order_id = ?';
const USES = `
  SELECT * FROM coupon_use WHERE order_id IN (?) AND released = ? ORDER BY order_id, coupon_id, ordinal, n`;
const PUT_USES = `
  INSERT INTO coupon_use (${USE_COLUMNS.join(', ')}) VALUES ?
  ON DUPLICATE KEY UPDATE amount_minor = VALUES(amount_minor), released = VALUES(released)`;
const RELEASE_USES = 'UPDATE coupon_use SET released = 1 WHERE order_id = ?';
const DUE = 'SELECT order_id FROM coupon_order WHERE lock_ends_at <= ? ORDER BY lock_ends_at LIMIT ?';
const NEXT_DUE = 'SELECT MIN(lock_ends_at) FROM coupon_order WHERE lock_ends_at IS NOT NULL';
const FORGET = 'DELETE FROM coupon_order WHERE forget_at <= ? ORDER BY forget_at LIMIT ?';

/** Of a row as text. */
const ROW_BYTES = 300;

export function createCouponOrderRepository(session: MysqlSession): CouponOrderRepository {
  const write = async (sql: string, rows: readonly (readonly Bound[])[]): Promise<void> => {
    for (const slice of rowSlices(rows, () => ROW_BYTES)) await session.execute(sql, [slice], { isText: true });
  };
  const usesOf = async (ids: readonly OrderId[], released: 0 | 1): Promise<readonly OrderUse[]> => {
    const rows: UseRow[] = [];
    for (const slice of keySlices([...ids].sort())) {
      rows.push(...(await session.selectRows<UseRow>(USES, [slice, released], { isText: true })));
    }
    return rows.map(fromUseRow);
  };
  return {
    lock: async (ids) => {
      const sorted = [...new Set(ids)].sort();
      await write(
        HOLD,
        sorted.map((id) => valuesOf(toOrderRow(blankOrder(id)), COLUMNS)),
      );
      const rows = new Map<string, OrderRow>();
      for (const slice of keySlices(sorted)) {
        const found = await session.selectRows<OrderRow>(SELECT_ALL, [slice], { isText: true, lock: 'change' });
        for (const row of found) rows.set(row.order_id, row);
      }
      return ids.map((id) => {
        const row = rows.get(id);
        assert(row !== undefined, `order ${id} is held`);
        return fromOrderRow(row);
      });
    },
    find: async (id) => {
      const row = await selectOne<OrderRow>(session, FIND, [id]);
      return row === undefined ? undefined : fromOrderRow(row);
    },
    findAll: async (ids) => {
      const rows: OrderRow[] = [];
      for (const slice of keySlices(ids)) {
        rows.push(...(await session.selectRows<OrderRow>(SELECT_ALL, [slice], { isText: true })));
      }
      return rows.map(fromOrderRow);
    },
    idsAfter: async (after = toOrderId(''), limit) =>
      (await selectValues<string>(session, IDS, [after, limit, after, limit, limit])).map(toOrderId),
    update: (orders) =>
      write(
        UPDATE,
        orders.map((order) => valuesOf(toOrderRow(order), COLUMNS)),
      ),
    usesOf: (ids) => usesOf(ids, 0),
    releasedUsesOf: (ids) => usesOf(ids, 1),
    replaceUses: async (id: OrderId, uses) => {
      await session.execute(RELEASE_USES, [id]);
      await write(
        PUT_USES,
        uses.map((use) => valuesOf(toUseRow(use), USE_COLUMNS)),
      );
    },
    due: async (now, limit) => (await selectValues<string>(session, DUE, [now, limit])).map(toOrderId),
    nextDueAt: async () => {
      const at = await selectValue<number | null>(session, NEXT_DUE, []);
      return at === undefined || at === null ? undefined : epochMs(at);
    },
    forget: (now, limit) => session.execute(FORGET, [now, limit]),
  };
}
