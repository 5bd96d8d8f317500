import type Database from 'better-sqlite3';
import { BLOCK_SIZE } from '../../core/ranges.js';
import type { BlockDifference } from '../../membership/member-repository.js';
import { blockDifferences } from '../stored/block-findings.js';
import type { MemberAddresses } from './member-addresses.js';
import type { MemberPopulation } from './member-population.js';
import type { MemberRows } from './member-rows.js';
import type { MemberTerms } from './member-terms.js';

interface AuditParts {
  readonly rows: MemberRows;
  readonly population: MemberPopulation;
  readonly terms: MemberTerms;
  readonly addresses: MemberAddresses;
}

/** Rows of members against what is packed from them; see block-findings.ts. */
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
    const { rows, population, terms, addresses } = this.parts;
    const [from, until] = [fromBlock * BLOCK_SIZE, untilBlock * BLOCK_SIZE];
    return blockDifferences({
      fromBlock,
      untilBlock,
      members: rows.inRange(from, until),
      halves: this.selectHalves.all(from, until, from, until),
      tagBlocks: this.selectTagBlocks
        .all(fromBlock, untilBlock)
        .map(([tagId, block, members]) => [terms.termOf(tagId) ?? '', block, members]),
      nextOrdinal: this.selectNextOrdinal.get() ?? 0,
      flagsOf: (block) => population.flagsOfBlock(block),
      existenceOf: (block) => {
        const row = population.blocks(block, 1).find((candidate) => candidate.block === block);
        return row === undefined ? undefined : { memberCount: row.memberCount, existsBits: row.members };
      },
      missingAddressesOf: (block) => addresses.missingOfBlock(block),
    });
  }
}
