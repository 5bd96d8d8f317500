/**
 * The slices of a freeze. Each reads a bounded part of the population from committed state and yields the buckets that
 * it completed, with the cursor to go on from; the last one yields what was left. Nothing is written here.
 */
import { assert, assertNever } from '../core/assert.js';
import type { MemberFilter } from '../core/member-filter.js';
import { BLOCK_SIZE, blockOf, type OrdinalRange } from '../core/ranges.js';
import { parseFilter } from '../membership/filter-json.js';
import { decodeBucket, type BucketMembers } from '../ledger/bucket-members.js';
import { nameOfCode, type OutcomeName } from '../ledger/cell-code.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import type { Audience, AudienceDefinition } from './audience.js';
import type { AudienceRepository } from './audience-repository.js';
import { BlockPacker, OrdinalPacker } from './bucket-packer.js';
import type { CampaignMembers } from './campaign-members.js';
import type { CampaignRepository } from './campaign-repository.js';

export interface FreezeStep {
  readonly buckets: readonly BucketMembers[];
  /** Everything before is in buckets. */
  readonly cursor: number;
}

/** What reading an audience needs of a store. */
export interface FreezeReadTx {
  readonly campaigns: CampaignRepository;
  readonly audiences: AudienceRepository;
  readonly ledger: LedgerRepository;
  readonly members: CampaignMembers;
}

export type Read = <Result>(body: (tx: FreezeReadTx) => Promise<Result>) => Promise<Result>;

/** Ten million members are one slice, of some 20 ms: blocks are copied, not looked into. */
const EVERYBODY_SLICE_BLOCKS = 10_000;
/** 50,000 ordinals: 20 ms at most where every one of them passes. */
const FILTER_SLICE_BLOCKS = 50;
const CELLS_SLICE_BUCKETS = 50;

/** The steps from the audience's cursor on; a list was frozen when it was made and has none. */
export function freezeSteps(read: Read, audience: Audience): AsyncIterable<FreezeStep> {
  const { definition, freezeCursor } = audience;
  switch (definition.kind) {
    case 'everybody':
      return everybodySteps(read, freezeCursor);
    case 'filter':
      return filterSteps(read, parseFilter(definition.filter), freezeCursor);
    case 'cells':
      return cellsSteps(read, definition, freezeCursor);
    case 'list':
      return noSteps();
    default:
      return assertNever(definition);
  }
}

async function* everybodySteps(read: Read, cursor: number): AsyncGenerator<FreezeStep> {
  const packer = new BlockPacker();
  let fromBlock = blockOf(cursor);
  for (;;) {
    const limit = EVERYBODY_SLICE_BLOCKS;
    const blocks = await read((tx) => tx.members.populationBlocks({ fromBlock, limit }));
    const buckets = packer.push(blocks);
    fromBlock = (blocks.at(-1)?.block ?? fromBlock - 1) + 1;
    const end = fromBlock * BLOCK_SIZE;
    const isLast = blocks.length < limit;
    yield isLast
      ? { buckets: [...buckets, ...packer.flush()], cursor: end }
      : { buckets, cursor: packer.cursorAt(end) };
    if (isLast) return;
  }
}

async function* filterSteps(read: Read, filter: MemberFilter, cursor: number): AsyncGenerator<FreezeStep> {
  const packer = new OrdinalPacker();
  let scanned = cursor;
  for (;;) {
    const slice = await read((tx) => selectSlice(tx.members, filter, scanned));
    if (slice === undefined) break;
    const buckets = packer.push(slice.ordinals);
    scanned = slice.range.until;
    yield { buckets, cursor: packer.cursorAt(scanned) };
  }
  yield { buckets: packer.flush(), cursor: scanned };
}

/** The members that pass among the next populated ordinals; undefined where nobody is left. */
async function selectSlice(
  members: CampaignMembers,
  filter: MemberFilter,
  from: number,
): Promise<{ readonly ordinals: ArrayLike<number>; readonly range: OrdinalRange } | undefined> {
  const blocks = await members.populationBlocks({ fromBlock: blockOf(from), limit: FILTER_SLICE_BLOCKS });
  const [first, last] = [blocks.at(0), blocks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const range = { from: Math.max(from, first.block * BLOCK_SIZE), until: (last.block + 1) * BLOCK_SIZE };
  return { ordinals: await members.selectOrdinals({ filter, range }), range };
}

type CellsDefinition = Extract<AudienceDefinition, { readonly kind: 'cells' }>;

/** Members whose cell in the parent's ledger has one of the outcomes when its slice is read. */
async function* cellsSteps(read: Read, definition: CellsDefinition, cursor: number): AsyncGenerator<FreezeStep> {
  const packer = new OrdinalPacker();
  let scanned = cursor;
  for (let firstBucket = 0; ; firstBucket += CELLS_SLICE_BUCKETS) {
    const chosen = await read((tx) => chooseCells(tx, definition, firstBucket));
    if (chosen === undefined) break;
    const buckets = packer.push(chosen.ordinals.filter((ordinal) => ordinal >= cursor));
    scanned = Math.max(scanned, chosen.until);
    yield { buckets, cursor: packer.cursorAt(scanned) };
  }
  yield { buckets: packer.flush(), cursor: scanned };
}

async function chooseCells(
  tx: FreezeReadTx,
  { campaignId, channel, outcomes }: CellsDefinition,
  firstBucket: number,
): Promise<{ readonly ordinals: readonly number[]; readonly until: number } | undefined> {
  const parent = await tx.campaigns.find(campaignId);
  assert(parent !== undefined, `the campaign ${campaignId} whose cells are sent again exists`);
  const frozen = await tx.audiences.buckets(parent.audienceId, firstBucket, CELLS_SLICE_BUCKETS);
  const rows = await tx.ledger.rows({ campaignId, channel }, firstBucket, CELLS_SLICE_BUCKETS);
  const last = frozen.at(-1);
  if (last === undefined) return undefined;
  const wanted: ReadonlySet<string> = new Set<OutcomeName>(outcomes);
  const isWanted = Uint8Array.from({ length: 256 }, (_, code) => (wanted.has(nameOfCode(code) ?? '') ? 1 : 0));
  const ordinals = frozen.flatMap((bucket, index) => {
    const cells = rows[index]?.cells;
    assert(cells?.length === bucket.memberCount, `bucket ${bucket.bucket} of campaign ${campaignId} has its cells`);
    return [...decodeBucket(bucket)].filter((_, position) => isWanted[cells[position] ?? 0] === 1);
  });
  return { ordinals, until: last.until };
}

async function* noSteps(): AsyncGenerator<FreezeStep> {}
