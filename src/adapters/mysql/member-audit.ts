import { BLOCK_SIZE } from '../../core/ranges.js';
import type { BlockDifference } from '../../membership/member-repository.js';
import { blockDifferences } from '../stored/block-findings.js';
import { toFlags } from '../stored/population-flags.js';
import { TERM_KIND } from '../stored/term-kinds.js';
import type { MemberAddresses } from './member-addresses.js';
import type { MemberPopulation } from './member-population.js';
import type { MemberRows } from './member-rows.js';
import { selectValue, type MysqlSession } from './session.js';

const TAG_BLOCKS = `SELECT t.term, b.block, b.members FROM member_term AS t JOIN member_tag_block AS b ON b.tag_id = t.term_id
   WHERE t.kind = ${TERM_KIND.tag} AND b.block >= ? AND b.block < ?`;
const HALVES = `
  SELECT ordinal, 'member_core' FROM member_core AS c WHERE ordinal >= ? AND ordinal < ?
    AND NOT EXISTS (SELECT 1 FROM member_profile AS p WHERE p.ordinal = c.ordinal)
  UNION ALL
  SELECT ordinal, 'member_profile' FROM member_profile AS p WHERE ordinal >= ? AND ordinal < ?
    AND NOT EXISTS (SELECT 1 FROM member_core AS c WHERE c.ordinal = p.ordinal)`;
const NEXT_ORDINAL = "SELECT next_id FROM id_allocator WHERE kind = 'ordinal'";

interface AuditParts {
  readonly rows: MemberRows;
  readonly population: MemberPopulation;
  readonly addresses: MemberAddresses;
}

/**
 * Rows of members against what is packed from them; see block-findings.ts. Reads statement by statement: what is found
 * while members change is looked at again (see audit-members.ts).
 */
export class MemberAudit {
  constructor(
    private readonly session: MysqlSession,
    private readonly parts: AuditParts,
  ) {}

  async differences(fromBlock: number, untilBlock: number): Promise<readonly BlockDifference[]> {
    const { rows, population, addresses } = this.parts;
    const [from, until] = [fromBlock * BLOCK_SIZE, untilBlock * BLOCK_SIZE];
    const blocks = Array.from({ length: untilBlock - fromBlock }, (_, index) => fromBlock + index);
    const members = await rows.inRange(from, until);
    const flags = await population.flagsOfBlocks(blocks);
    const existence = new Map((await population.blocks(fromBlock, blocks.length)).map((row) => [row.block, row]));
    const missing = await addresses.missing(fromBlock, untilBlock);
    return blockDifferences({
      fromBlock,
      untilBlock,
      members,
      halves: await this.session.selectArrays<[ordinal: number, table: string]>(HALVES, [from, until, from, until]),
      tagBlocks: await this.session.selectArrays<[tag: string, block: number, members: Uint8Array]>(TAG_BLOCKS, [
        fromBlock,
        untilBlock,
      ]),
      nextOrdinal: (await selectValue<number>(this.session, NEXT_ORDINAL, [])) ?? 0,
      flagsOf: (block) => flags[block - fromBlock] ?? toFlags(undefined),
      existenceOf: (block) => {
        const row = existence.get(block);
        return row === undefined ? undefined : { memberCount: row.memberCount, existsBits: row.members };
      },
      missingAddressesOf: (block) => missing.get(block) ?? 0,
    });
  }
}
