/**
 * Packs members into buckets as they come, in order of ordinal. What does not fill a bucket yet is carried; the cursor
 * names the first carried ordinal, so that a freeze that was killed goes on from it and makes the same buckets.
 */
import { assert } from '../core/assert.js';
import { BLOCK_SIZE, testBit } from '../core/ranges.js';
import { BUCKET_SIZE, encodeBucket, type BucketMembers } from '../ledger/bucket-members.js';
import type { PopulationBlock } from '../membership/member-repository.js';

/** Full buckets of chosen members, the last one excepted. O(members). */
export class OrdinalPacker {
  private readonly carry = new Float64Array(BUCKET_SIZE);
  private carried = 0;

  /** Takes ordinals above all those before and answers the buckets that they fill. */
  push(ordinals: ArrayLike<number>): readonly BucketMembers[] {
    const buckets: BucketMembers[] = [];
    for (let index = 0; index < ordinals.length; index++) {
      const ordinal = ordinals[index];
      assert(ordinal !== undefined, `an ordinal stands at position ${index}`);
      this.carry[this.carried++] = ordinal;
      if (this.carried === BUCKET_SIZE) buckets.push(...this.flush());
    }
    return buckets;
  }

  /** The bucket of what is carried, if anything is. */
  flush(): readonly BucketMembers[] {
    if (this.carried === 0) return [];
    const bucket = encodeBucket(this.carry.subarray(0, this.carried));
    this.carried = 0;
    return [bucket];
  }

  /** First ordinal that is in no bucket yet, given that everything before `scanned` was pushed. */
  cursorAt(scanned: number): number {
    return this.carried === 0 ? scanned : (this.carry[0] ?? scanned);
  }
}

/**
 * Everybody: the population's blocks as they are, neighbours merged while they fit into one bucket. A block alone in
 * its bucket is copied, without looking at its members: 10,000 of them take a few milliseconds.
 */
export class BlockPacker {
  private carry: PopulationBlock[] = [];
  private carriedMembers = 0;

  /** Takes blocks above all those before and answers the buckets that they complete. */
  push(blocks: readonly PopulationBlock[]): readonly BucketMembers[] {
    const buckets: BucketMembers[] = [];
    for (const block of blocks) {
      if (this.carriedMembers + block.memberCount > BUCKET_SIZE) buckets.push(...this.flush());
      this.carry.push(block);
      this.carriedMembers += block.memberCount;
    }
    return buckets;
  }

  flush(): readonly BucketMembers[] {
    const [first, second] = this.carry;
    if (first === undefined) return [];
    const bucket = second === undefined ? copyBlock(first) : encodeBucket(this.carry.flatMap(ordinalsOf));
    this.carry = [];
    this.carriedMembers = 0;
    return [bucket];
  }

  /** First ordinal of the first block that is in no bucket yet. */
  cursorAt(scanned: number): number {
    const [first] = this.carry;
    return first === undefined ? scanned : first.block * BLOCK_SIZE;
  }
}

/** The same bytes as `encodeBucket` would give; most blocks are full, or start with their first ordinal. */
function copyBlock(block: PopulationBlock): BucketMembers {
  const from = block.block * BLOCK_SIZE;
  const { memberCount } = block;
  if (memberCount === BLOCK_SIZE) return { from, until: from + BLOCK_SIZE, memberCount, form: 'range', members: null };
  const span = lastBit(block.members) + 1;
  const sizeBytes = Math.ceil(span / 8);
  const isCopy = testBit(block.members, 0) && memberCount < span && memberCount >= sizeBytes; // deltas take a byte each at least
  if (!isCopy) return encodeBucket(ordinalsOf(block));
  return { from, until: from + span, memberCount, form: 'bitmap', members: block.members.slice(0, sizeBytes) };
}

function lastBit(bitmap: Uint8Array): number {
  let index = bitmap.length - 1;
  while (index > 0 && bitmap[index] === 0) index--;
  return index * 8 + 31 - Math.clz32(bitmap[index] ?? 0);
}

function ordinalsOf(block: PopulationBlock): number[] {
  const ordinals: number[] = [];
  for (let offset = 0; offset < BLOCK_SIZE; offset++) {
    if (testBit(block.members, offset)) ordinals.push(block.block * BLOCK_SIZE + offset);
  }
  assert(ordinals.length === block.memberCount, `block ${block.block} counts its ${ordinals.length} members`);
  return ordinals;
}
