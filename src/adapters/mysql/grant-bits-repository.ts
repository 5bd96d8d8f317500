import { bitsWithoutOne } from '../../core/block-bits.js';
import type { CouponId } from '../../core/ids.js';
import { blockOf, offsetInBlock, testBit } from '../../core/ranges.js';
import type { BitsPlace, GrantBits, GrantBitsRepository } from '../../coupon/grant/grant-bits-repository.js';
import { fromGrantBitsRow, storedBits, type GrantBitsRow } from '../stored/issue-run-rows.js';
import { keySlices, rowSlices } from './bounded-lists.js';
import type { Bound, MysqlSession } from './session.js';

const insertInto = (table: string): string =>
  `INSERT INTO ${table} (coupon_id, block, run_id, granted_at, bits) VALUES ?`;
/** Spelt out: MySQL reads the whole coupon for `(block, run_id) > (?, ?)`. */
const rowsOf = (table: string): string => `
  SELECT * FROM ${table} WHERE coupon_id = ? AND block >= ? AND (block > ? OR run_id > ?)
  ORDER BY block, run_id LIMIT ?`;
const INSERT = insertInto('coupon_bits');
const INSERT_JOURNAL = insertInto('coupon_bits_journal');
const ROWS = rowsOf('coupon_bits');
const JOURNAL = rowsOf('coupon_bits_journal');
const OF_BLOCKS = `
  SELECT * FROM coupon_bits WHERE coupon_id = ? AND block >= ? AND block < ? ORDER BY block, run_id`;
const OF_BLOCK_LIST = 'SELECT * FROM coupon_bits WHERE coupon_id = ? AND block IN (?)';
const OF_COUPONS = 'SELECT * FROM coupon_bits WHERE coupon_id IN (?) AND block = ?';
const OF_BLOCK = 'SELECT * FROM coupon_bits WHERE coupon_id = ? AND block = ?';
const UPDATE = 'UPDATE coupon_bits SET bits = ? WHERE coupon_id = ? AND block = ? AND run_id = ?';

/** Of a row as text. */
const ROW_BYTES = 60;
const BITMAP_BYTES = 250;

export function createGrantBitsRepository(session: MysqlSession): GrantBitsRepository {
  const after = async (sql: string, id: CouponId, place: BitsPlace | undefined, limit: number) => {
    const block = place?.block ?? -1;
    const rows = await session.selectRows<GrantBitsRow>(sql, [id, block, block, place?.runId ?? 0, limit]);
    return rows.map(fromGrantBitsRow);
  };
  const insertRows = async (sql: string, rows: readonly (readonly Bound[])[]): Promise<void> => {
    const sizeOf = (row: readonly Bound[]): number => ROW_BYTES + (row[4] === null ? 0 : BITMAP_BYTES);
    for (const slice of rowSlices(rows, sizeOf)) await session.execute(sql, [slice], { isText: true });
  };
  return {
    insert: async (all) => {
      const rows = all.map(({ couponId, block, runId, grantedAt, bits }) => [
        couponId,
        block,
        runId,
        grantedAt,
        storedBits(bits),
      ]);
      await insertRows(INSERT, rows);
      await insertRows(INSERT_JOURNAL, rows);
    },
    ofMembers: async (id, ordinals) => {
      const byBlock = new Map<number, GrantBits[]>(ordinals.map((each) => [blockOf(each), []]));
      for (const slice of keySlices([...byBlock.keys()])) {
        const rows = await session.selectRows<GrantBitsRow>(OF_BLOCK_LIST, [id, slice], { isText: true });
        for (const row of rows) byBlock.get(row.block)?.push(fromGrantBitsRow(row));
      }
      return ordinals.map((each) => holding(byBlock.get(blockOf(each)), each)?.grantedAt);
    },
    ofWallet: async (ordinal, ids) => {
      const byCoupon = new Map<number, GrantBits[]>(ids.map((id) => [id, []]));
      for (const slice of keySlices(ids)) {
        const rows = await session.selectRows<GrantBitsRow>(OF_COUPONS, [slice, blockOf(ordinal)], { isText: true });
        for (const row of rows) byCoupon.get(row.coupon_id)?.push(fromGrantBitsRow(row));
      }
      return ids.map((id) => holding(byCoupon.get(id), ordinal)?.grantedAt);
    },
    inBlocks: async (id, { fromBlock, untilBlock }) =>
      (await session.selectRows<GrantBitsRow>(OF_BLOCKS, [id, fromBlock, untilBlock])).map(fromGrantBitsRow),
    rowsAfter: (id, options) => after(ROWS, id, options.after, options.limit),
    clear: async (id, ordinal) => {
      const rows = await session.selectRows<GrantBitsRow>(OF_BLOCK, [id, blockOf(ordinal)], { lock: 'change' });
      const held = holding(rows.map(fromGrantBitsRow), ordinal);
      if (held === undefined) return undefined;
      await session.execute(UPDATE, [bitsWithoutOne(held.bits, offsetInBlock(ordinal)), id, held.block, held.runId]);
      return held.grantedAt;
    },
    journalAfter: (id, options) => after(JOURNAL, id, options.after, options.limit),
  };
}

/** The bitmap of a block that a member's bit is set in. */
const holding = (found: readonly GrantBits[] | undefined, ordinal: number): GrantBits | undefined =>
  found?.find(({ bits }) => testBit(bits, offsetInBlock(ordinal)));
