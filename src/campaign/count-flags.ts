import { FLAG_VALUES } from '../core/channels.js';
import { BLOCK_SIZE, blockOf, offsetInBlock } from '../core/ranges.js';
import { yieldTurn } from '../core/yield-turn.js';
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
 * Counts the flags of the members that a freeze would choose now; nothing is written. Goes in slices that let others
 * have their turn, so members may change while it counts. Everybody of ten million: some 200 ms of work.
 */
export async function countFlags(read: Read, audience: Audience): Promise<FlagHistogram> {
  const counts = new Uint32Array(FLAG_VALUES);
  let memberCount = 0;
  for await (const buckets of bucketsOf(read, audience)) {
    for (let start = 0; start < buckets.length; start += SLICE_BUCKETS) {
      const slice = buckets.slice(start, start + SLICE_BUCKETS);
      await read((tx) => countSlice(tx.members, slice, counts));
      memberCount += slice.reduce((sum, bucket) => sum + bucket.memberCount, 0);
      await yieldTurn();
    }
    await yieldTurn();
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
    const flags = await flagsOfBucket(members, bucket);
    for (const value of flags) counts[value] = (counts[value] ?? 0) + 1;
  }
}

async function flagsOfBucket(members: CampaignMembers, bucket: BucketMembers): Promise<Uint16Array> {
  const [first, last] = [blockOf(bucket.from), blockOf(bucket.until - 1)];
  if (bucket.form === 'range' && first === last) {
    const [flags = new Uint16Array(BLOCK_SIZE)] = await members.flagsOfBlocks([first]);
    return flags.subarray(offsetInBlock(bucket.from), offsetInBlock(bucket.from) + bucket.memberCount);
  }
  const ordinals = decodeBucket(bucket);
  if (last - first >= MAX_BLOCKS) return members.flagsOf(ordinals);
  const blocks = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const flags = await members.flagsOfBlocks(blocks);
  return Uint16Array.from(ordinals, (ordinal) => flags[blockOf(ordinal) - first]?.[offsetInBlock(ordinal)] ?? 0);
}
