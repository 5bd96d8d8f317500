import type Database from 'better-sqlite3';
import { BLOCK_SIZE, blockOf, offsetInBlock } from '../../core/ranges.js';
import type { BlockDifference } from '../../membership/member-repository.js';
import type { StoredMember } from '../../membership/member-row.js';
import type { MemberAddresses } from './member-addresses.js';
import { packExistence, type MemberPopulation } from './member-population.js';
import type { MemberRows } from './member-rows.js';
import { forEachOffset } from './member-tags.js';
import type { MemberTerms } from './member-terms.js';

interface AuditParts {
  readonly rows: MemberRows;
  readonly population: MemberPopulation;
  readonly terms: MemberTerms;
  readonly addresses: MemberAddresses;
}

/** Recomputes a block from the rows of its members and names what the packed copies say otherwise. */
export class MemberAudit {
  private readonly selectTagBlocks: Database.Statement<
    [number, number],
    [tagId: number, block: number, members: Uint8Array]
  >;
  private readonly selectHalves: Database.Statement<[number, number, number, number], [ordinal: number, half: string]>;
  private readonly selectNextOrdinal: Database.Statement<[], number>;

  constructor(
    database: Database.Database,
    private readonly parts: AuditParts,
  ) {
    this.selectTagBlocks = database
      .prepare<[number, number], [number, number, Uint8Array]>(
        `SELECT b.tag_id, b.block, b.members FROM member_term AS t JOIN member_tag_block AS b ON b.tag_id = t.term_id
         WHERE t.kind = 3 AND b.block >= ? AND b.block < ?`,
      )
      .raw();
    this.selectHalves = database
      .prepare<[number, number, number, number], [number, string]>(
        `SELECT ordinal, 'member_core' FROM member_core AS c WHERE ordinal >= ? AND ordinal < ?
           AND NOT EXISTS (SELECT 1 FROM member_profile AS p WHERE p.ordinal = c.ordinal)
         UNION ALL
         SELECT ordinal, 'member_profile' FROM member_profile AS p WHERE ordinal >= ? AND ordinal < ?
           AND NOT EXISTS (SELECT 1 FROM member_core AS c WHERE c.ordinal = p.ordinal)`,
      )
      .raw();
    this.selectNextOrdinal = database
      .prepare<[], number>("SELECT next_id FROM id_allocator WHERE kind = 'ordinal'")
      .pluck();
  }

  differences(fromBlock: number, untilBlock: number): readonly BlockDifference[] {
    const differences: BlockDifference[] = [];
    const byBlock = new Map<number, StoredMember[]>();
    for (const member of this.parts.rows.inRange(fromBlock * BLOCK_SIZE, untilBlock * BLOCK_SIZE)) {
      const block = blockOf(member.ordinal);
      const neighbours = byBlock.get(block);
      if (neighbours === undefined) byBlock.set(block, [member]);
      else neighbours.push(member);
    }
    for (const [ordinal, half] of this.halves(fromBlock, untilBlock)) {
      differences.push({ block: blockOf(ordinal), what: `ordinal ${ordinal} is in ${half} only` });
    }
    const tags = this.tagsByOrdinal(fromBlock, untilBlock);
    const next = this.selectNextOrdinal.get() ?? 0;
    for (let block = fromBlock; block < untilBlock; block++) {
      const members = byBlock.get(block) ?? [];
      for (const what of this.blockFindings(block, members, tags)) differences.push({ block, what });
      for (const { ordinal } of members) {
        if (ordinal >= next)
          differences.push({ block, what: `ordinal ${ordinal} was never given out (next is ${next})` });
      }
    }
    return differences;
  }

  private *blockFindings(
    block: number,
    members: readonly StoredMember[],
    tags: ReadonlyMap<number, readonly string[]>,
  ): Iterable<string> {
    const expected = new Uint16Array(BLOCK_SIZE);
    for (const { ordinal, flags } of members) expected[offsetInBlock(ordinal)] = flags;
    const found = this.parts.population.flagsOfBlock(block);
    for (let offset = 0; offset < BLOCK_SIZE; offset++) {
      if (found[offset] === expected[offset]) continue;
      yield `population_flags says ${found[offset] ?? 0} for ordinal ${block * BLOCK_SIZE + offset}, its row ${expected[offset] ?? 0}`;
    }
    yield* this.existenceFindings(block, expected);
    const carried = new Map(members.map((member) => [member.ordinal, member.tags]));
    for (const ordinal of new Set([...carried.keys(), ...tags.keys()])) {
      if (blockOf(ordinal) !== block) continue;
      const inBlocks = JSON.stringify([...(tags.get(ordinal) ?? [])].sort());
      const inRow = carried.get(ordinal) ?? '[]';
      if (inBlocks !== inRow) yield `member_tag_block gives ordinal ${ordinal} other tags than its row`;
    }
    const missing = this.parts.addresses.missingOfBlock(block);
    if (missing > 0) yield `member_address lacks ${missing} addresses of the block`;
  }

  private *existenceFindings(block: number, expected: Uint16Array): Iterable<string> {
    const { memberCount, existsBits } = packExistence(expected);
    const stored = this.parts.population.blocks(block, 1).find((row) => row.block === block);
    if (stored === undefined) {
      if (memberCount > 0) yield `population_block has no row for ${memberCount} members`;
      return;
    }
    if (stored.memberCount !== memberCount)
      yield `population_block counts ${stored.memberCount} members, rows ${memberCount}`;
    if (Buffer.compare(stored.members, existsBits) !== 0)
      yield 'population_block marks other ordinals than those with rows';
  }

  private halves(fromBlock: number, untilBlock: number): readonly [ordinal: number, half: string][] {
    const [from, until] = [fromBlock * BLOCK_SIZE, untilBlock * BLOCK_SIZE];
    return this.selectHalves.all(from, until, from, until);
  }

  private tagsByOrdinal(fromBlock: number, untilBlock: number): Map<number, string[]> {
    const tags = new Map<number, string[]>();
    for (const [tagId, block, members] of this.selectTagBlocks.all(fromBlock, untilBlock)) {
      const tag = this.parts.terms.termOf(tagId) ?? '';
      forEachOffset(members, (offset) => {
        const ordinal = block * BLOCK_SIZE + offset;
        tags.set(ordinal, [...(tags.get(ordinal) ?? []), tag]);
      });
    }
    return tags;
  }
}
