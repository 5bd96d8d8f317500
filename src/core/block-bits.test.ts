import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitsOfBoth,
  bitsOfEither,
  bitsWithout,
  countBits,
  firstBits,
  FULL_BLOCK,
  ordinalsOfBits,
} from './block-bits.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, writeBit } from './ranges.js';

const offsets = fc.uniqueArray(fc.nat(BLOCK_SIZE - 1), { maxLength: 300 });

function bitsOf(set: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(BLOCK_BITMAP_BYTES);
  for (const offset of set) writeBit(bits, offset, true);
  return bits;
}
const ascending = (set: Iterable<number>): number[] => [...set].sort((left, right) => left - right);

describe('bits of a block', () => {
  it('behave as sets of ordinals', () => {
    fc.assert(
      fc.property(offsets, offsets, fc.nat(5), fc.nat(310), (left, right, block, count) => {
        const others = new Set(right);
        const [a, b] = [bitsOf(left), bitsOf(right)];
        const setOf = (bits: Uint8Array) => ordinalsOfBits(block, bits).map((each) => each - block * BLOCK_SIZE);
        expect(setOf(a)).toEqual(ascending(left));
        expect(countBits(a)).toBe(left.length);
        expect(setOf(bitsWithout(a, b))).toEqual(ascending(left.filter((each) => !others.has(each))));
        expect(setOf(bitsOfBoth(a, b))).toEqual(ascending(left.filter((each) => others.has(each))));
        expect(setOf(bitsOfEither(a, b))).toEqual(ascending(new Set([...left, ...right])));
        expect(setOf(firstBits(a, count))).toEqual(ascending(left).slice(0, count));
      }),
    );
  });

  it('are a thousand where the block is full', () => {
    expect(countBits(FULL_BLOCK)).toBe(BLOCK_SIZE);
    expect(countBits(FULL_BLOCK.slice())).toBe(BLOCK_SIZE);
    const some = bitsOf([3, 999]);
    expect([bitsOfBoth(FULL_BLOCK, some), bitsOfBoth(some, FULL_BLOCK)]).toEqual([some, some]);
  });
});
