import { FULL_BLOCK } from '../../core/block-bits.js';
import { blockOf, offsetInBlock, type OrdinalRange } from '../../core/ranges.js';
import type { PopulationBlock } from '../../membership/member-repository.js';
import { fromFlags, packExistence, toFlags, writesByBlock, type FlagWrite } from '../stored/population-flags.js';
import { keySlices, selectIn } from './bounded-lists.js';
import { selectValue, selectValues, type MysqlSession } from './session.js';

const FLAGS = 'SELECT block, flags FROM population_flags WHERE block IN (?)';
const MEMBER_FLAGS = 'SELECT ordinal, flags FROM member_core WHERE ordinal IN (?)';
/** Without the bits of a full block. */
const BLOCKS = `SELECT block, member_count, CASE WHEN member_count < 1000 THEN exists_bits END
   FROM population_block WHERE block >= ? AND member_count > 0 ORDER BY block LIMIT ?`;
const TOTAL = `
  SELECT CAST(COALESCE(SUM(member_count), 0) AS SIGNED), COALESCE(MAX(block) + 1, 0)
  FROM population_block WHERE block >= ? AND block < ? AND member_count > 0`;
const FIRST = 'SELECT ordinal FROM member_core ORDER BY ordinal LIMIT 1';
const LAST = 'SELECT ordinal FROM member_core ORDER BY ordinal DESC LIMIT 1';
const COUNT = 'SELECT CAST(COALESCE(SUM(member_count), 0) AS SIGNED) FROM population_block';
const SAVE_BLOCKS = `INSERT INTO population_block (block, member_count, exists_bits) VALUES ?
   ON DUPLICATE KEY UPDATE member_count = VALUES(member_count), exists_bits = VALUES(exists_bits)`;
const SAVE_FLAGS = `INSERT INTO population_flags (block, flags) VALUES ?
   ON DUPLICATE KEY UPDATE flags = VALUES(flags)`;

/** Blocks written by a statement: 2,000 bytes each, 4,000 as text. */
const BLOCKS_AT_ONCE = 200;
/** Blocks above which members' own flags are less to read than those of their blocks. */
const FEW_BLOCKS = 8;

/** Who exists and everybody's flags, packed by block of 1,000 ordinals. */
export class MemberPopulation {
  constructor(private readonly session: MysqlSession) {}

  /** Writes flags of members, whose blocks are held; `writes` may come in any order. */
  async write(writes: readonly FlagWrite[]): Promise<void> {
    const byBlock = [...writesByBlock(writes)].sort(([left], [right]) => left - right);
    for (const slice of keySlices(byBlock, BLOCKS_AT_ONCE)) {
      const known = await this.flagsByBlock(slice.map(([block]) => block));
      const blocks = slice.map(([block, blockWrites]) => {
        const flags = known.get(block)?.slice() ?? toFlags(undefined);
        for (const write of blockWrites) flags[offsetInBlock(write.ordinal)] = write.flags;
        return { block, flags, ...packExistence(flags) };
      });
      await this.session.execute(
        SAVE_BLOCKS,
        [blocks.map(({ block, memberCount, existsBits }) => [block, memberCount, existsBits])],
        { isText: true },
      );
      await this.session.execute(SAVE_FLAGS, [blocks.map(({ block, flags }) => [block, fromFlags(flags)])], {
        isText: true,
      });
    }
  }

  async flagsOfBlocks(blocks: readonly number[]): Promise<readonly Uint16Array[]> {
    const known = await this.flagsByBlock(blocks);
    return blocks.map((block) => known.get(block) ?? toFlags(undefined));
  }

  async flagsOf(ordinals: ArrayLike<number>): Promise<Uint16Array> {
    const wanted = Array.from(ordinals);
    const blocks = [...new Set(wanted.map(blockOf))];
    if (blocks.length > FEW_BLOCKS) {
      const flags = new Map(await selectIn<[number, number]>(this.session, MEMBER_FLAGS, wanted));
      return Uint16Array.from(wanted, (ordinal) => flags.get(ordinal) ?? 0);
    }
    const known = await this.flagsByBlock(blocks);
    return Uint16Array.from(wanted, (ordinal) => known.get(blockOf(ordinal))?.[offsetInBlock(ordinal)] ?? 0);
  }

  async blocks(fromBlock: number, limit: number): Promise<readonly PopulationBlock[]> {
    const rows = await this.session.selectArrays<[block: number, memberCount: number, existsBits: Uint8Array | null]>(
      BLOCKS,
      [fromBlock, limit],
    );
    return rows.map(([block, memberCount, members]) => ({ block, memberCount, members: members ?? FULL_BLOCK }));
  }

  async total(
    fromBlock: number,
    untilBlock: number,
  ): Promise<{ readonly memberCount: number; readonly untilBlock: number }> {
    const [row] = await this.session.selectArrays<[memberCount: number, untilBlock: number]>(TOTAL, [
      fromBlock,
      untilBlock,
    ]);
    return { memberCount: row?.[0] ?? 0, untilBlock: row?.[1] ?? 0 };
  }

  async extent(): Promise<OrdinalRange | undefined> {
    const [first] = await selectValues<number>(this.session, FIRST, []);
    const [last] = await selectValues<number>(this.session, LAST, []);
    return first === undefined || last === undefined ? undefined : { from: first, until: last + 1 };
  }

  async count(): Promise<number> {
    return (await selectValue<number>(this.session, COUNT, [])) ?? 0;
  }

  private async flagsByBlock(blocks: readonly number[]): Promise<ReadonlyMap<number, Uint16Array>> {
    const rows = await selectIn<[block: number, flags: Uint8Array]>(this.session, FLAGS, blocks);
    return new Map(rows.map(([block, flags]) => [block, toFlags(flags)]));
  }
}
