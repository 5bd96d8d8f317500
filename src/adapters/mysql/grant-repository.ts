import { assert } from '../../core/assert.js';
import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Grant } from '../../coupon/grant/grant.js';
import type { GrantRepository } from '../../coupon/grant/grant-repository.js';
import {
  fromGrantRow,
  fromJournalRow,
  toGrantRow,
  toJournalRow,
  type GrantRow,
  type JournalRow,
} from '../stored/coupon-rows.js';
import { keySlices, rowSlices } from './bounded-lists.js';
import { selectOne, selectValue, selectValues, type Bound, type MysqlSession } from './session.js';
import { valuesOf } from './statement-text.js';

const COLUMNS = [
  'coupon_id',
  'ordinal',
  'n',
  'state',
  'granted_at',
  'request',
  'order_id',
  'amount_minor',
  'lock_ends_at',
] as const satisfies readonly (keyof GrantRow)[];
const JOURNAL_COLUMNS = [
  'coupon_id',
  'position',
  'ordinal',
  'n',
  'move',
  'at',
  'actor',
  'why',
  'order_id',
  'amount_minor',
  'lock_ends_at',
] as const satisfies readonly (keyof JournalRow)[];

const MOVED_COLUMNS = [
  'coupon_id',
  'ordinal',
  'n',
  'state',
  'order_id',
  'amount_minor',
  'lock_ends_at',
] as const satisfies readonly (keyof GrantRow)[];

const INSERT = `INSERT INTO coupon_grant (${COLUMNS.join(', ')}) VALUES ?`;
/** Of rows that are there, many in one statement, each found by its key. */
const updateText = (grants: number): string => `
  UPDATE (
    SELECT ? AS coupon_id, ? AS ordinal, ? AS n, ? AS state, ? AS order_id, ? AS amount_minor, ? AS lock_ends_at
    ${' UNION ALL SELECT ?, ?, ?, ?, ?, ?, ?'.repeat(grants - 1)}
  ) AS moved STRAIGHT_JOIN coupon_grant AS stored
    ON stored.coupon_id = moved.coupon_id AND stored.ordinal = moved.ordinal AND stored.n = moved.n
  SET stored.state = moved.state, stored.order_id = moved.order_id, stored.amount_minor = moved.amount_minor,
    stored.lock_ends_at = moved.lock_ends_at`;
const OF_MEMBERS = 'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal IN (?) ORDER BY ordinal, n';
const HOLDERS_AMONG = 'SELECT ordinal FROM coupon_grant WHERE coupon_id = ? AND ordinal IN (?)';
const OF_WALLET = 'SELECT * FROM coupon_grant WHERE coupon_id IN (?) AND ordinal = ? ORDER BY coupon_id, n';
const FIND = 'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal = ? AND n = ?';
/** Spelt out: MySQL reads the whole coupon for `(ordinal, n) > (?, ?)`. */
const ROWS = `
  SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal >= ? AND (ordinal > ? OR n > ?)
  ORDER BY ordinal, n LIMIT ?`;
/** Relies on coupon_grant_by_lock_end; spelt out as above. */
const VOID_LOCKS = `
  SELECT * FROM coupon_grant
  WHERE coupon_id = ? AND lock_ends_at BETWEEN ? AND ?
    AND (lock_ends_at > ? OR ordinal > ? OR (ordinal = ? AND n > ?))
  ORDER BY lock_ends_at, ordinal, n LIMIT ?`;
const HOLDERS =
  'SELECT DISTINCT ordinal FROM coupon_grant WHERE coupon_id = ? AND ordinal > ? AND ordinal < ? ORDER BY ordinal LIMIT ?';
const LAST_POSITION = 'SELECT position FROM coupon_journal WHERE coupon_id = ? ORDER BY position DESC LIMIT 1';
const APPEND = `INSERT INTO coupon_journal (${JOURNAL_COLUMNS.join(', ')}) VALUES ?`;
const JOURNAL = 'SELECT * FROM coupon_journal WHERE coupon_id = ? AND position > ? ORDER BY position LIMIT ?';

/** Rows of one change: a server parses each as a select of its own. */
const MOVED_AT_ONCE = 100;
/** Of a row as text. */
const ROW_BYTES = 300;

export function createGrantRepository(session: MysqlSession): GrantRepository {
  const insertRows = async (sql: string, rows: readonly (readonly Bound[])[]): Promise<void> => {
    for (const slice of rowSlices(rows, () => ROW_BYTES)) await session.execute(sql, [slice], { isText: true });
  };
  const ofMembers = async (id: CouponId, ordinals: readonly Ordinal[]): Promise<readonly (readonly Grant[])[]> => {
    const held = new Map<number, Grant[]>(ordinals.map((each) => [each, []]));
    for (const slice of keySlices([...held.keys()])) {
      const rows = await session.selectRows<GrantRow>(OF_MEMBERS, [id, slice], { isText: true });
      for (const row of rows) held.get(row.ordinal)?.push(fromGrantRow(row));
    }
    return ordinals.map((each) => held.get(each) ?? []);
  };
  return {
    ofMembers,
    nonHolders: async (ids, ordinals) => {
      const without: (readonly Ordinal[])[] = [];
      for (const id of ids) {
        const holders = new Set<number>();
        for (const slice of keySlices(ordinals)) {
          const found = await session.selectRows<Pick<GrantRow, 'ordinal'>>(HOLDERS_AMONG, [id, slice], {
            isText: true,
          });
          for (const { ordinal } of found) holders.add(ordinal);
        }
        without.push(ordinals.filter((each) => !holders.has(each)));
      }
      return without;
    },
    find: async ({ couponId, ordinal, n }) => {
      const row = await selectOne<GrantRow>(session, FIND, [couponId, ordinal, n]);
      return row === undefined ? undefined : fromGrantRow(row);
    },
    insert: (grants) =>
      insertRows(
        INSERT,
        grants.map((grant) => valuesOf(toGrantRow(grant), COLUMNS)),
      ),
    update: async (grants) => {
      const rows = grants.map((grant) => valuesOf(toGrantRow(grant), MOVED_COLUMNS));
      for (let start = 0; start < rows.length; start += MOVED_AT_ONCE) {
        const slice = rows.slice(start, start + MOVED_AT_ONCE);
        const found = await session.execute(updateText(slice.length), slice.flat(), { isText: true });
        assert(found === slice.length, `${slice.length} grants are there, ${found} were found`);
      }
    },
    rowsAfter: async (id, { after, limit }) => {
      const [ordinal, n] = [after?.ordinal ?? -1, after?.n ?? 0];
      return (await session.selectRows<GrantRow>(ROWS, [id, ordinal, ordinal, n, limit])).map(fromGrantRow);
    },
    voidLocks: async (id, { now, after, limit }) => {
      const [endsAt, ordinal, n] = [after?.use?.lockEndsAt ?? 0, after?.ordinal ?? -1, after?.n ?? 0];
      const values = [id, endsAt, now, endsAt, ordinal, ordinal, n, limit];
      return (await session.selectRows<GrantRow>(VOID_LOCKS, values)).map(fromGrantRow);
    },
    holdersAfter: (id, { after, until = Number.MAX_SAFE_INTEGER, limit }) =>
      selectValues<number>(session, HOLDERS, [id, after, until, limit]),
    ofWallet: async (ordinal, ids) => {
      const grants: Grant[] = [];
      for (const slice of keySlices(ids)) {
        const rows = await session.selectRows<GrantRow>(OF_WALLET, [slice, ordinal], { isText: true });
        grants.push(...rows.map(fromGrantRow));
      }
      return grants;
    },
    appendJournal: async (entries) => {
      const positions = new Map<CouponId, number>();
      const rows: Bound[][] = [];
      for (const entry of entries) {
        const { couponId } = entry;
        const last = positions.get(couponId) ?? (await selectValue<number>(session, LAST_POSITION, [couponId])) ?? 0;
        positions.set(couponId, last + 1);
        rows.push(valuesOf(toJournalRow(entry, last + 1), JOURNAL_COLUMNS));
      }
      await insertRows(APPEND, rows);
    },
    journalAfter: async (id, { after, limit }) =>
      (await session.selectRows<JournalRow>(JOURNAL, [id, after, limit])).map(fromJournalRow),
  };
}
