/**
 * Who is in a bucket of a frozen audience: up to 1,000 ordinals, ascending, in whichever of three forms is least.
 *
 *   range   every ordinal from `from` on; no bytes
 *   bitmap  one bit per ordinal of [from, until)
 *   deltas  LEB128 distances, the first from `from`
 *
 * Encoding the same members always gives the same bytes. O(members).
 */
import { assert } from '../core/assert.js';
import { testBit, writeBit } from '../core/ranges.js';

export const BUCKET_SIZE = 1_000;

export const MEMBER_FORMS = ['range', 'bitmap', 'deltas'] as const;
export type MemberForm = (typeof MEMBER_FORMS)[number];

export interface BucketMembers {
  /** First ordinal. */
  readonly from: number;
  /** One past the last ordinal. */
  readonly until: number;
  readonly memberCount: number;
  readonly form: MemberForm;
  /** Null for a range. */
  readonly members: Uint8Array | null;
}

export function encodeBucket(ordinals: ArrayLike<number>): BucketMembers {
  const memberCount = ordinals.length;
  assert(memberCount > 0 && memberCount <= BUCKET_SIZE, `a bucket has 1 to ${BUCKET_SIZE} members, not ${memberCount}`);
  const from = at(ordinals, 0);
  const until = at(ordinals, memberCount - 1) + 1;
  if (until - from === memberCount && isRun(ordinals, from))
    return { from, until, memberCount, form: 'range', members: null };
  const bitmapBytes = Math.ceil((until - from) / 8);
  const deltas = encodeDeltas(ordinals, from);
  return bitmapBytes <= deltas.length
    ? { from, until, memberCount, form: 'bitmap', members: encodeBitmap(ordinals, { from, sizeBytes: bitmapBytes }) }
    : { from, until, memberCount, form: 'deltas', members: deltas };
}

/** The ordinals of a bucket, ascending. */
export function decodeBucket(bucket: BucketMembers): Float64Array {
  const ordinals = new Float64Array(bucket.memberCount);
  if (bucket.form === 'range') {
    for (let index = 0; index < ordinals.length; index++) ordinals[index] = bucket.from + index;
    return ordinals;
  }
  const members = bucket.members;
  assert(members !== null, `a bucket in the form ${bucket.form} has bytes`);
  const count =
    bucket.form === 'bitmap' ? decodeBitmap(bucket, members, ordinals) : decodeDeltas(bucket.from, members, ordinals);
  assert(count === ordinals.length, `a bucket of ${ordinals.length} members decoded to ${count}`);
  return ordinals;
}

/** Position of an ordinal in its bucket, or -1. */
export function positionOf(bucket: BucketMembers, ordinal: number): number {
  if (ordinal < bucket.from || ordinal >= bucket.until) return -1;
  return bucket.form === 'range' ? ordinal - bucket.from : decodeBucket(bucket).indexOf(ordinal);
}

const at = (values: ArrayLike<number>, index: number): number => {
  const value = values[index];
  assert(value !== undefined, `no ordinal at position ${index}`);
  return value;
};

/** Looked at one by one: a caller's error (somebody twice, out of order) can have a run's ends and count. */
function isRun(ordinals: ArrayLike<number>, from: number): boolean {
  for (let index = 0; index < ordinals.length; index++) if (ordinals[index] !== from + index) return false;
  return true;
}

function encodeBitmap(
  ordinals: ArrayLike<number>,
  { from, sizeBytes }: { readonly from: number; readonly sizeBytes: number },
): Uint8Array {
  const bitmap = new Uint8Array(sizeBytes);
  for (let index = 0; index < ordinals.length; index++) writeBit(bitmap, at(ordinals, index) - from, true);
  return bitmap;
}

function decodeBitmap(bucket: BucketMembers, bitmap: Uint8Array, into: Float64Array): number {
  let count = 0;
  for (let offset = 0; offset < bucket.until - bucket.from; offset++) {
    if (testBit(bitmap, offset)) into[count++] = bucket.from + offset;
  }
  return count;
}

function encodeDeltas(ordinals: ArrayLike<number>, from: number): Uint8Array {
  const bytes: number[] = [];
  let previous = from;
  for (let index = 0; index < ordinals.length; index++) {
    const ordinal = at(ordinals, index);
    let delta = ordinal - previous;
    assert(index === 0 || delta > 0, 'ordinals of a bucket ascend');
    for (; delta > 127; delta = Math.floor(delta / 128)) bytes.push((delta % 128) | 128);
    bytes.push(delta);
    previous = ordinal;
  }
  return Uint8Array.from(bytes);
}

function decodeDeltas(from: number, bytes: Uint8Array, into: Float64Array): number {
  let count = 0;
  let previous = from;
  let delta = 0;
  let scale = 1;
  for (const byte of bytes) {
    delta += (byte & 127) * scale;
    scale *= 128;
    if (byte >= 128) continue;
    previous += delta;
    into[count++] = previous;
    delta = 0;
    scale = 1;
  }
  return count;
}

/** A bucket with its number within its audience. */
export interface FrozenBucket extends BucketMembers {
  readonly bucket: number;
}
