import type Database from 'better-sqlite3';
import { FULL_BLOCK } from '../../core/block-bits.js';
import { blockOf, offsetInBlock, testBit, type OrdinalRange } from '../../core/ranges.js';
import type { PopulationBlock } from '../../membership/member-repository.js';
import { fromFlags, packExistence, toFlags, writesByBlock, type FlagWrite } from '../stored/population-flags.js';

/** Who exists and everybody's flags, packed by block of 1,000 ordinals. About 10 µs a block that is touched. */
export class MemberPopulation {
  private readonly selectFlags: Database.Statement<[number], Uint8Array>;
  private readonly saveBlock: Database.Statement<[number, number, Uint8Array]>;
  private readonly saveFlags: Database.Statement<[number, Uint8Array]>;
  private readonly deleteBlock: Database.Statement<[number]>;
  private readonly deleteFlags: Database.Statement<[number]>;
  private readonly selectExisting: Database.Statement<[number], Uint8Array>;
  private readonly selectBlocks: Database.Statement<[number, number], RawBlock>;
  private readonly selectEnds: Database.Statement<[], [first: number | null, last: number | null]>;
  private readonly selectTotal: Database.Statement<[number, number], [members: number, until: number]>;
  private readonly selectCount: Database.Statement<[], number>;

  constructor(database: Database.Database) {
    this.selectFlags = database
      .prepare<[number], Uint8Array>('SELECT flags FROM population_flags WHERE block = ?')
      .pluck();
    this.saveBlock = database.prepare(
      `INSERT INTO population_block (block, member_count, exists_bits) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET member_count = excluded.member_count, exists_bits = excluded.exists_bits`,
    );
    this.saveFlags = database.prepare(
      'INSERT INTO population_flags (block, flags) VALUES (?, ?) ON CONFLICT DO UPDATE SET flags = excluded.flags',
    );
    this.deleteBlock = database.prepare('DELETE FROM population_block WHERE block = ?');
    this.deleteFlags = database.prepare('DELETE FROM population_flags WHERE block = ?');
    this.selectExisting = database
      .prepare<[number], Uint8Array>('SELECT exists_bits FROM population_block WHERE block = ?')
      .pluck();
    this.selectBlocks = database
      .prepare<[number, number], RawBlock>(
        `SELECT block, member_count, CASE WHEN member_count < 1000 THEN exists_bits END
         FROM population_block WHERE block >= ? ORDER BY block LIMIT ?`,
      )
      .raw();
    this.selectEnds = database
      .prepare<[], [number | null, number | null]>(
        `SELECT (SELECT ordinal FROM member_core ORDER BY ordinal LIMIT 1),
                (SELECT ordinal FROM member_core ORDER BY ordinal DESC LIMIT 1)`,
      )
      .raw();
    this.selectTotal = database
      .prepare<[number, number], [number, number]>(
        `SELECT coalesce(sum(member_count), 0), coalesce(max(block) + 1, 0)
         FROM population_block WHERE block >= ? AND block < ?`,
      )
      .raw();
    this.selectCount = database
      .prepare<[], number>('SELECT coalesce(sum(member_count), 0) FROM population_block')
      .pluck();
  }

  /** Writes flags of members, block by block; `writes` may come in any order. */
  write(writes: readonly FlagWrite[]): void {
    for (const [block, blockWrites] of writesByBlock(writes)) this.writeBlock(block, blockWrites);
  }

  flagsOfBlock(block: number): Uint16Array {
    return toFlags(this.selectFlags.get(block));
  }

  blocks(fromBlock: number, limit: number): readonly PopulationBlock[] {
    return this.selectBlocks
      .all(fromBlock, limit)
      .map(([block, memberCount, members]) => ({ block, memberCount, members: members ?? FULL_BLOCK }));
  }

  existing(ordinals: readonly number[]): ReadonlySet<number> {
    const blocks = new Map<number, Uint8Array | undefined>();
    const exists = (ordinal: number): boolean => {
      const block = blockOf(ordinal);
      if (!blocks.has(block)) blocks.set(block, this.selectExisting.get(block));
      const bits = blocks.get(block);
      return bits !== undefined && testBit(bits, offsetInBlock(ordinal));
    };
    return new Set(ordinals.filter(exists));
  }

  total(fromBlock: number, untilBlock: number): { readonly memberCount: number; readonly untilBlock: number } {
    const [memberCount, end] = this.selectTotal.get(fromBlock, untilBlock) ?? [0, 0];
    return { memberCount, untilBlock: end };
  }

  extent(): OrdinalRange | undefined {
    const [first, last] = this.selectEnds.get() ?? [null, null];
    return first === null || last === null ? undefined : { from: first, until: last + 1 };
  }

  count(): number {
    return this.selectCount.get() ?? 0;
  }

  private writeBlock(block: number, writes: readonly FlagWrite[]): void {
    const flags = this.flagsOfBlock(block);
    for (const write of writes) flags[offsetInBlock(write.ordinal)] = write.flags;
    const { memberCount, existsBits } = packExistence(flags);
    if (memberCount === 0) {
      this.deleteBlock.run(block);
      this.deleteFlags.run(block);
      return;
    }
    this.saveBlock.run(block, memberCount, existsBits);
    this.saveFlags.run(block, fromFlags(flags));
  }
}

/** Without the bits of a full block: to make 10,000 buffers takes longer than to read the rows. */
type RawBlock = [block: number, memberCount: number, existsBits: Uint8Array | null];
