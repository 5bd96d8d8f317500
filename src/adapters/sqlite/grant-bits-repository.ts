import type Database from 'better-sqlite3';
import { bitsWithoutOne } from '../../core/block-bits.js';
import { blockOf, offsetInBlock, testBit } from '../../core/ranges.js';
import type { EpochMs } from '../../core/time.js';
import type { BitsPlace, GrantBits, GrantBitsRepository } from '../../coupon/grant/grant-bits-repository.js';
import { fromGrantBitsRow, storedBits, type GrantBitsRow } from '../stored/issue-run-rows.js';

const insertInto = (table: string): string => `INSERT INTO ${table} VALUES (?, ?, ?, ?, ?)`;
const rowsOf = (table: string): string =>
  `SELECT * FROM ${table} WHERE coupon_id = ? AND (block, run_id) > (?, ?) ORDER BY block, run_id LIMIT ?`;
const INSERT = insertInto('coupon_bits');
const INSERT_JOURNAL = insertInto('coupon_bits_journal');
const ROWS = rowsOf('coupon_bits');
const JOURNAL = rowsOf('coupon_bits_journal');

type InsertBits = Database.Statement<[number, number, number, number, Uint8Array | null]>;
type RowsAfter = Database.Statement<[number, number, number, number], GrantBitsRow>;

export function createGrantBitsRepository(database: Database.Database): GrantBitsRepository {
  const insert: InsertBits = database.prepare(INSERT);
  const insertJournal: InsertBits = database.prepare(INSERT_JOURNAL);
  const rows: RowsAfter = database.prepare(ROWS);
  const journal: RowsAfter = database.prepare(JOURNAL);
  const ofBlock = database.prepare<[number, number], GrantBitsRow>(
    'SELECT * FROM coupon_bits WHERE coupon_id = ? AND block = ? ORDER BY run_id',
  );
  const ofBlocks = database.prepare<[number, number, number], GrantBitsRow>(
    'SELECT * FROM coupon_bits WHERE coupon_id = ? AND block >= ? AND block < ? ORDER BY block, run_id',
  );
  const update = database.prepare<[Uint8Array, number, number, number]>(
    'UPDATE coupon_bits SET bits = ? WHERE coupon_id = ? AND block = ? AND run_id = ?',
  );

  /** The bitmap that a member's bit is set in. */
  const holding = (id: number, ordinal: number): GrantBits | undefined =>
    ofBlock
      .all(id, blockOf(ordinal))
      .map(fromGrantBitsRow)
      .find(({ bits }) => testBit(bits, offsetInBlock(ordinal)));
  const after = (statement: RowsAfter, id: number, place: BitsPlace | undefined, limit: number) =>
    statement.all(id, place?.block ?? -1, place?.runId ?? 0, limit).map(fromGrantBitsRow);

  return {
    insert: async (all) => {
      for (const { couponId, block, runId, grantedAt, bits } of all) {
        const stored = storedBits(bits);
        insert.run(couponId, block, runId, grantedAt, stored);
        insertJournal.run(couponId, block, runId, grantedAt, stored);
      }
    },
    ofMembers: async (id, ordinals) => ordinals.map((each): EpochMs | undefined => holding(id, each)?.grantedAt),
    ofWallet: async (ordinal, ids) => ids.map((id): EpochMs | undefined => holding(id, ordinal)?.grantedAt),
    inBlocks: async (id, { fromBlock, untilBlock }) => ofBlocks.all(id, fromBlock, untilBlock).map(fromGrantBitsRow),
    rowsAfter: async (id, options) => after(rows, id, options.after, options.limit),
    clear: async (id, ordinal) => {
      const held = holding(id, ordinal);
      if (held === undefined) return undefined;
      update.run(bitsWithoutOne(held.bits, offsetInBlock(ordinal)), id, held.block, held.runId);
      return held.grantedAt;
    },
    journalAfter: async (id, options) => after(journal, id, options.after, options.limit),
  };
}
