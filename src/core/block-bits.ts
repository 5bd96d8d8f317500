/** Bitmaps of one block of 1,000 ordinals, 125 bytes each. Bit i is ordinal block × 1,000 + i. Nothing is changed in place. */
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, testBit, writeBit } from './ranges.js';

/** The bitmap of a block in which every bit is set; not to be changed. */
export const FULL_BLOCK: Uint8Array = new Uint8Array(BLOCK_BITMAP_BYTES).fill(255);

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>>= 1) ones += rest & 1;
  return ones;
});

/** How many bits are set. */
export function countBits(bits: Uint8Array): number {
  if (bits === FULL_BLOCK) return BLOCK_SIZE;
  let count = 0;
  for (const byte of bits) count += ONES[byte] ?? 0;
  return count;
}

/** Bits of one that the other lacks. */
export const bitsWithout = (bits: Uint8Array, taken: Uint8Array): Uint8Array =>
  bits.map((byte, index) => byte & ~(taken[index] ?? 0));

/** Bits that both have. */
export function bitsOfBoth(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left === FULL_BLOCK) return right;
  if (right === FULL_BLOCK) return left;
  return left.map((byte, index) => byte & (right[index] ?? 0));
}

/** Bits that either has. */
export const bitsOfEither = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  left.map((byte, index) => byte | (right[index] ?? 0));

/** The first so many bits that are set. */
export function firstBits(bits: Uint8Array, count: number): Uint8Array {
  const first = new Uint8Array(BLOCK_BITMAP_BYTES);
  let left = count;
  for (let index = 0; index < BLOCK_SIZE && left > 0; index++) {
    if (!testBit(bits, index)) continue;
    writeBit(first, index, true);
    left--;
  }
  return first;
}

/** The ordinals whose bits are set, ascending. */
export function ordinalsOfBits(block: number, bits: Uint8Array): number[] {
  const ordinals: number[] = [];
  for (let index = 0; index < BLOCK_SIZE; index++) if (testBit(bits, index)) ordinals.push(block * BLOCK_SIZE + index);
  return ordinals;
}

/** The same with one bit cleared. */
export function bitsWithoutOne(bits: Uint8Array, index: number): Uint8Array {
  const rest = bits.slice();
  writeBit(rest, index, false);
  return rest;
}
