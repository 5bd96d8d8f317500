import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Grant } from '../../coupon/grant.js';
import type { GrantRepository } from '../../coupon/grant-repository.js';
import { fromGrantRow, fromJournalRow, toGrantRow, type GrantRow, type JournalRow } from '../stored/coupon-rows.js';
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
] as const satisfies readonly (keyof GrantRow)[];
const JOURNAL_COLUMNS = [
  'coupon_id',
  'position',
  'ordinal',
  'n',
  'move',
  'at',
  'actor',
] as const satisfies readonly (keyof JournalRow)[];

const INSERT = `INSERT INTO coupon_grant (${COLUMNS.join(', ')}) VALUES ?`;
const OF_MEMBERS = 'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal IN (?) ORDER BY ordinal, n';
const OF_WALLET = 'SELECT * FROM coupon_grant WHERE coupon_id IN (?) AND ordinal = ? ORDER BY coupon_id, n';
const FIND = 'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal = ? AND n = ?';
/** Spelt out: MySQL reads the whole coupon for `(ordinal, n) > (?, ?)`. */
const ROWS = `
  SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal >= ? AND (ordinal > ? OR n > ?)
  ORDER BY ordinal, n LIMIT ?`;
const HOLDERS =
  'SELECT DISTINCT ordinal FROM coupon_grant WHERE coupon_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?';
const LAST_POSITION = 'SELECT position FROM coupon_journal WHERE coupon_id = ? ORDER BY position DESC LIMIT 1';
const APPEND = `INSERT INTO coupon_journal (${JOURNAL_COLUMNS.join(', ')}) VALUES ?`;
const JOURNAL = 'SELECT * FROM coupon_journal WHERE coupon_id = ? AND position > ? ORDER BY position LIMIT ?';

/** Of a row as text. */
const ROW_BYTES = 100;

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
    find: async ({ couponId, ordinal, n }) => {
      const row = await selectOne<GrantRow>(session, FIND, [couponId, ordinal, n]);
      return row === undefined ? undefined : fromGrantRow(row);
    },
    insert: (grants) =>
      insertRows(
        INSERT,
        grants.map((grant) => valuesOf(toGrantRow(grant), COLUMNS)),
      ),
    rowsAfter: async (id, { after, limit }) => {
      const [ordinal, n] = [after?.ordinal ?? -1, after?.n ?? 0];
      return (await session.selectRows<GrantRow>(ROWS, [id, ordinal, ordinal, n, limit])).map(fromGrantRow);
    },
    holdersAfter: (id, { after, limit }) => selectValues<number>(session, HOLDERS, [id, after, limit]),
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
      for (const { couponId, ordinal, n, move, at, actor } of entries) {
        const last = positions.get(couponId) ?? (await selectValue<number>(session, LAST_POSITION, [couponId])) ?? 0;
        positions.set(couponId, last + 1);
        rows.push([couponId, last + 1, ordinal, n, move, at, actor]);
      }
      await insertRows(APPEND, rows);
    },
    journalAfter: async (id, { after, limit }) =>
      (await session.selectRows<JournalRow>(JOURNAL, [id, after, limit])).map(fromJournalRow),
  };
}
