import { BLOCK_SIZE, blockOf, offsetInBlock } from '../../core/ranges.js';
import type { BlockDifference } from '../../membership/member-repository.js';
import type { StoredMember } from '../../membership/member-row.js';
import { packExistence } from './population-flags.js';
import { forEachOffset } from './tag-blocks.js';

/** What a store holds of a range of blocks: the rows, and the copies that are packed from them. */
export interface StoredBlocks {
  readonly fromBlock: number;
  readonly untilBlock: number;
  readonly members: readonly StoredMember[];
  /** Ordinals of which one table has a row and the other has not, with the one that has. */
  readonly halves: readonly (readonly [ordinal: number, table: string])[];
  readonly tagBlocks: Iterable<readonly [tag: string, block: number, members: Uint8Array]>;
  /** The next ordinal that the allocator gives out. */
  readonly nextOrdinal: number;
  readonly flagsOf: (block: number) => Uint16Array;
  /** The row of population_block; undefined where there is none. */
  readonly existenceOf: (
    block: number,
  ) => { readonly memberCount: number; readonly existsBits: Uint8Array } | undefined;
  /** Entries that the index of addresses lacks, where the block does not wait for it. */
  readonly missingAddressesOf: (block: number) => number;
}

/** Recomputes blocks from the rows of their members and names what the packed copies say otherwise. */
export function blockDifferences(stored: StoredBlocks): readonly BlockDifference[] {
  const byBlock = new Map<number, StoredMember[]>();
  for (const member of stored.members) {
    const block = blockOf(member.ordinal);
    const neighbours = byBlock.get(block);
    if (neighbours === undefined) byBlock.set(block, [member]);
    else neighbours.push(member);
  }
  const differences: BlockDifference[] = stored.halves.map(([ordinal, table]) => ({
    block: blockOf(ordinal),
    what: `ordinal ${ordinal} is in ${table} only`,
  }));
  const tags = tagsByOrdinal(stored);
  for (let block = stored.fromBlock; block < stored.untilBlock; block++) {
    const members = byBlock.get(block) ?? [];
    for (const what of findingsOfBlock(stored, block, members, tags)) differences.push({ block, what });
    for (const { ordinal } of members) {
      if (ordinal < stored.nextOrdinal) continue;
      differences.push({ block, what: `ordinal ${ordinal} was never given out (next is ${stored.nextOrdinal})` });
    }
  }
  return differences;
}

function* findingsOfBlock(
  stored: StoredBlocks,
  block: number,
  members: readonly StoredMember[],
  tags: ReadonlyMap<number, readonly string[]>,
): Iterable<string> {
  const expected = new Uint16Array(BLOCK_SIZE);
  for (const { ordinal, flags } of members) expected[offsetInBlock(ordinal)] = flags;
  const found = stored.flagsOf(block);
  for (let offset = 0; offset < BLOCK_SIZE; offset++) {
    if (found[offset] === expected[offset]) continue;
    yield `population_flags says ${found[offset] ?? 0} for ordinal ${block * BLOCK_SIZE + offset}, its row ${expected[offset] ?? 0}`;
  }
  yield* existenceFindings(stored.existenceOf(block), expected);
  const carried = new Map(members.map((member) => [member.ordinal, member.tags]));
  for (const ordinal of new Set([...carried.keys(), ...tags.keys()])) {
    if (blockOf(ordinal) !== block) continue;
    const inBlocks = JSON.stringify([...(tags.get(ordinal) ?? [])].sort());
    const inRow = carried.get(ordinal) ?? '[]';
    if (inBlocks !== inRow) yield `member_tag_block gives ordinal ${ordinal} other tags than its row`;
  }
  const missing = stored.missingAddressesOf(block);
  if (missing > 0) yield `member_address lacks ${missing} addresses of the block`;
}

function* existenceFindings(
  row: { readonly memberCount: number; readonly existsBits: Uint8Array } | undefined,
  expected: Uint16Array,
): Iterable<string> {
  const { memberCount, existsBits } = packExistence(expected);
  if (row === undefined) {
    if (memberCount > 0) yield `population_block has no row for ${memberCount} members`;
    return;
  }
  if (row.memberCount !== memberCount) yield `population_block counts ${row.memberCount} members, rows ${memberCount}`;
  if (Buffer.compare(row.existsBits, existsBits) !== 0)
    yield 'population_block marks other ordinals than those with rows';
}

function tagsByOrdinal({ tagBlocks }: StoredBlocks): ReadonlyMap<number, readonly string[]> {
  const tags = new Map<number, string[]>();
  for (const [tag, block, members] of tagBlocks) {
    forEachOffset(members, (offset) => {
      const ordinal = block * BLOCK_SIZE + offset;
      const others = tags.get(ordinal);
      if (others === undefined) tags.set(ordinal, [tag]);
      else others.push(tag);
    });
  }
  return tags;
}
