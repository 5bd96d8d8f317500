import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ordinal } from './ids.js';
import {
  BLOCK_BITMAP_BYTES,
  BLOCK_SIZE,
  blockOf,
  blockRange,
  offsetInBlock,
  rangeLength,
  setBits,
  testBit,
  writeBit,
} from './ranges.js';

const BITS = BLOCK_SIZE;
const anyOrdinal = fc.nat({ max: Number.MAX_SAFE_INTEGER }).map(ordinal);
const anyRange = fc
  .tuple(fc.nat({ max: BITS }), fc.nat({ max: BITS }))
  .map(([left, right]) => ({ from: Math.min(left, right), until: Math.max(left, right) }));

const bitsOf = (bitmap: Uint8Array): number[] =>
  Array.from({ length: bitmap.length * 8 }, (_, index) => index).filter((index) => testBit(bitmap, index));

it('puts every ordinal into exactly one block, at the offset that leads back to it', () => {
  fc.assert(
    fc.property(anyOrdinal, (value) => {
      const { from, until } = blockRange(blockOf(value));
      expect(from <= value && value < until).toBe(true);
      expect(from + offsetInBlock(value)).toBe(value);
    }),
  );
});

it('lets blocks follow each other without a gap', () => {
  expect(blockRange(0)).toEqual({ from: 0, until: 1_000 });
  expect(blockRange(9_999).until).toBe(blockRange(10_000).from);
  expect([blockOf(999), blockOf(1_000)]).toEqual([0, 1]);
  expect(BLOCK_BITMAP_BYTES * 8).toBe(BLOCK_SIZE);
});

it('measures a range, and one that is turned around as empty', () => {
  expect(rangeLength({ from: 3, until: 10 })).toBe(7);
  expect(rangeLength({ from: 3, until: 3 })).toBe(0);
  expect(rangeLength({ from: 10, until: 3 })).toBe(0);
});

it('keeps a bitmap as a set of its bits under any writes', () => {
  const writes = fc.array(fc.tuple(fc.nat({ max: BITS - 1 }), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(writes, (steps) => {
      const bitmap = new Uint8Array(BLOCK_BITMAP_BYTES);
      const expected = new Set<number>();
      for (const [index, value] of steps) {
        writeBit(bitmap, index, value);
        if (value) expected.add(index);
        else expected.delete(index);
      }
      expect(bitsOf(bitmap)).toEqual([...expected].sort((left, right) => left - right));
    }),
  );
});

it('sets exactly the bits of a range, and leaves those set before', () => {
  fc.assert(
    fc.property(anyRange, anyRange, (first, second) => {
      const bitmap = new Uint8Array(BLOCK_BITMAP_BYTES);
      const expected = new Uint8Array(BLOCK_BITMAP_BYTES);
      for (const range of [first, second]) {
        setBits(bitmap, range);
        for (let index = range.from; index < range.until; index++) writeBit(expected, index, true);
      }
      expect(bitmap).toEqual(expected);
    }),
  );
});

it('reads a bit beyond the bitmap as not set', () => {
  expect(testBit(new Uint8Array(1).fill(255), 8)).toBe(false);
});
