/**
 * Ordinals and blocks. One convention everywhere: a range holds `from` and ends before `until`.
 * A block is 1,000 neighbouring ordinals; block b is the range [1000 b, 1000 b + 1000).
 */
export const BLOCK_SIZE = 1_000;
export const BLOCK_BITMAP_BYTES = BLOCK_SIZE / 8;

export interface OrdinalRange {
  readonly from: number;
  readonly until: number;
}

export const blockOf = (ordinal: number): number => Math.floor(ordinal / BLOCK_SIZE);
export const offsetInBlock = (ordinal: number): number => ordinal % BLOCK_SIZE;
export const blockRange = (block: number): OrdinalRange => ({
  from: block * BLOCK_SIZE,
  until: (block + 1) * BLOCK_SIZE,
});
export const rangeLength = (range: OrdinalRange): number => Math.max(0, range.until - range.from);

export const testBit = (bitmap: Uint8Array, index: number): boolean =>
  ((bitmap[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;

/** Sets or clears one bit in place. */
export function writeBit(bitmap: Uint8Array, index: number, value: boolean): void {
  const byte = bitmap[index >>> 3] ?? 0;
  bitmap[index >>> 3] = value ? byte | (1 << (index & 7)) : byte & ~(1 << (index & 7));
}

/** Sets the bits [from, until) in place, whole bytes at once. */
export function setBits(bitmap: Uint8Array, { from, until }: OrdinalRange): void {
  const firstWhole = Math.min(until, (from + 7) & ~7);
  const afterWhole = Math.max(firstWhole, until & ~7);
  for (let index = from; index < firstWhole; index++) writeBit(bitmap, index, true);
  bitmap.fill(255, firstWhole >>> 3, afterWhole >>> 3);
  for (let index = afterWhole; index < until; index++) writeBit(bitmap, index, true);
}
