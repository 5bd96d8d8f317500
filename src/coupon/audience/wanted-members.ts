import { bitsOfBoth, countBits } from '../../core/block-bits.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, offsetInBlock, setBits, writeBit } from '../../core/ranges.js';
import { decodeBucket, type FrozenBucket } from '../../ledger/bucket-members.js';
import type { CouponTx } from '../coupon-repository.js';
import type { IssueRun } from '../issue/issue-run.js';
import type { WantedBlock } from '../issue/plan-blocks.js';

/** Blocks of one slice: some milliseconds of work over either store, of an audience that has to be unpacked as well. */
const EVERYBODY_BLOCKS = 500;
const AUDIENCE_BLOCKS = 100;

export interface WantedMembers {
  /** Blocks with members, ascending. */
  readonly blocks: readonly WantedBlock[];
  /** The slice ends before it. */
  readonly untilBlock: number;
  /** Members of the audience who exist no more, by block. */
  readonly gone: ReadonlyMap<number, number>;
}

type WantedTx = Pick<CouponTx, 'audiences' | 'members'>;

/** Whom the next slice of a run is about: everybody who exists, or who of the frozen audience still does. */
export function wantedMembers(tx: WantedTx, run: IssueRun): Promise<WantedMembers> {
  return run.audienceId === undefined ? everybody(tx, run) : ofAudience(tx, run, run.audienceId);
}

async function everybody(tx: WantedTx, { cursorBlock, untilBlock: end }: IssueRun): Promise<WantedMembers> {
  const limit = EVERYBODY_BLOCKS;
  const found = await tx.members.populationBlocks({ fromBlock: cursorBlock, limit });
  const last = found.at(-1);
  const untilBlock = last === undefined || found.length < limit ? end : Math.min(end, last.block + 1);
  const blocks = found
    .filter(({ block }) => block < untilBlock)
    .map(({ block, members, memberCount }) => ({ block, bits: members, memberCount }));
  return { blocks, untilBlock, gone: new Map() };
}

async function ofAudience(
  tx: WantedTx,
  { cursorBlock, untilBlock: end }: IssueRun,
  audienceId: NonNullable<IssueRun['audienceId']>,
): Promise<WantedMembers> {
  const untilBlock = Math.min(end, cursorBlock + AUDIENCE_BLOCKS);
  const range = { from: cursorBlock * BLOCK_SIZE, until: untilBlock * BLOCK_SIZE };
  const chosen = new Map<number, Uint8Array>();
  for (const bucket of await tx.audiences.bucketsTouching(audienceId, range.from, range.until)) choose(bucket, chosen);
  const found = await tx.members.populationBlocks({ fromBlock: cursorBlock, limit: AUDIENCE_BLOCKS });
  const existing = new Map(found.map(({ block, members }) => [block, members]));
  const blocks: WantedBlock[] = [];
  const gone = new Map<number, number>();
  for (let block = cursorBlock; block < untilBlock; block++) {
    const members = chosen.get(block);
    if (members === undefined) continue;
    const bits = bitsOfBoth(members, existing.get(block) ?? NOBODY);
    const memberCount = countBits(bits);
    gone.set(block, countBits(members) - memberCount);
    if (memberCount > 0) blocks.push({ block, bits, memberCount });
  }
  return { blocks, untilBlock, gone };
}

const NOBODY = new Uint8Array(BLOCK_BITMAP_BYTES);

/** Enters a bucket's members into the bitmaps of their blocks. */
function choose(bucket: FrozenBucket, chosen: Map<number, Uint8Array>): void {
  const bitsOf = (block: number): Uint8Array => {
    const known = chosen.get(block);
    if (known !== undefined) return known;
    const bits = new Uint8Array(BLOCK_BITMAP_BYTES);
    chosen.set(block, bits);
    return bits;
  };
  if (bucket.form !== 'range') {
    for (const ordinal of decodeBucket(bucket)) writeBit(bitsOf(blockOf(ordinal)), offsetInBlock(ordinal), true);
    return;
  }
  for (let block = blockOf(bucket.from); block * BLOCK_SIZE < bucket.until; block++) {
    const first = block * BLOCK_SIZE;
    const from = Math.max(bucket.from, first) - first;
    setBits(bitsOf(block), { from, until: Math.min(bucket.until, first + BLOCK_SIZE) - first });
  }
}
