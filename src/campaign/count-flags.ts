import { FLAG_VALUES } from '../core/channels.js';
import { BLOCK_SIZE, blockOf, offsetInBlock } from '../core/ranges.js';
import { decodeBucket, type BucketMembers } from '../ledger/bucket-members.js';
import type { Audience } from './audience.js';
import type { CampaignMembers } from './campaign-members.js';
import { freezeSteps, type Read } from './freeze-steps.js';

/** Members of an audience by the value of their flags; every decision of every channel follows from it. */
export interface FlagHistogram {
  readonly memberCount: number;
  /** Members with each of the 65,536 values. */
  readonly counts: Uint32Array;
}

/** Buckets of a slice: 32 blocks of flags, or 32,000 look-ups of scattered members; some 15 ms at most. */
const SLICE_BUCKETS = 32;
/** A bucket over more blocks looks its members up by ordinal. */
const MAX_BLOCKS = 8;

/**
 * Counts the flags of the members that a freeze would choose now; nothing is written. Each `read` is a slice, to be read
 * as bulk, so members may change while it counts. Everybody of ten million: some 200 ms of work.
 */
export async function countFlags(read: Read, audience: Audience): Promise<FlagHistogram> {
  const counts = new Uint32Array(FLAG_VALUES);
  let memberCount = 0;
  for await (const buckets of bucketsOf(read, audience)) {
    for (let start = 0; start < buckets.length; start += SLICE_BUCKETS) {
      const slice = buckets.slice(start, start + SLICE_BUCKETS);
      await read((tx) => countSlice(tx.members, slice, counts));
      memberCount += slice.reduce((sum, bucket) => sum + bucket.memberCount, 0);
    }
  }
  return { memberCount, counts };
}

/** A list is frozen already; others are chosen as a freeze does. */
async function* bucketsOf(read: Read, audience: Audience): AsyncGenerator<readonly BucketMembers[]> {
  for (let first = 0; first < audience.bucketCount; first += SLICE_BUCKETS) {
    yield await read((tx) => tx.audiences.buckets(audience.audienceId, first, SLICE_BUCKETS));
  }
  if (audience.frozenAt !== null) return;
  for await (const { buckets } of freezeSteps(read, audience)) yield buckets;
}

async function countSlice(
  members: CampaignMembers,
  buckets: readonly BucketMembers[],
  counts: Uint32Array,
): Promise<void> {
  for (const bucket of buckets) {
    const firstBlock = blockOf(bucket.from);
    const blockCount = blockOf(bucket.until - 1) - firstBlock + 1;
    if (blockCount > MAX_BLOCKS) {
      for (const flags of await members.flagsOf(decodeBucket(bucket))) counts[flags] = (counts[flags] ?? 0) + 1;
      continue;
    }
    const blocks = Array.from({ length: blockCount }, (_, index) => firstBlock + index);
    const flagsOfBlocks = await members.flagsOfBlocks(blocks);
    if (blockCount === 1) countInBlock(bucket, flagsOfBlocks[0] ?? NOBODY, counts);
    else countInBlocks(decodeBucket(bucket), { firstBlock, flagsOfBlocks, counts });
  }
}

const NOBODY = new Uint16Array(BLOCK_SIZE);

/** The common case of everybody: the bucket's bits lie beside the block's flags. */
function countInBlock(bucket: BucketMembers, flags: Uint16Array, counts: Uint32Array): void {
  const from = offsetInBlock(bucket.from);
  if (bucket.form === 'deltas') {
    countInBlocks(decodeBucket(bucket), { firstBlock: blockOf(bucket.from), flagsOfBlocks: [flags], counts });
    return;
  }
  const bits = bucket.form === 'bitmap' ? bucket.members : null;
  for (let offset = 0; offset < bucket.until - bucket.from; offset++) {
    if (bits !== null && ((bits[offset >>> 3] ?? 0) & (1 << (offset & 7))) === 0) continue;
    const value = flags[from + offset] ?? 0;
    counts[value] = (counts[value] ?? 0) + 1;
  }
}

function countInBlocks(
  ordinals: Float64Array,
  about: {
    readonly firstBlock: number;
    readonly flagsOfBlocks: readonly Uint16Array[];
    readonly counts: Uint32Array;
  },
): void {
  const { firstBlock, flagsOfBlocks, counts } = about;
  for (const ordinal of ordinals) {
    const value = flagsOfBlocks[blockOf(ordinal) - firstBlock]?.[offsetInBlock(ordinal)] ?? 0;
    counts[value] = (counts[value] ?? 0) + 1;
  }
}
