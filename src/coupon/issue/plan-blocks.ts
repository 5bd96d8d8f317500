/** Which members of a slice of blocks get a grant: everybody wanted who holds none, first come by ordinal. Pure. */
import { bitsWithout, countBits, firstBits } from '../../core/block-bits.js';

export interface WantedBlock {
  readonly block: number;
  /** Members of the block who are to have it, and exist. */
  readonly bits: Uint8Array;
  readonly memberCount: number;
}

export interface PlannedBlocks {
  /** Blocks with somebody to give to. */
  readonly given: readonly { readonly block: number; readonly bits: Uint8Array }[];
  readonly granted: number;
  readonly alreadyHeld: number;
  readonly withoutStock: number;
}

/** `stockLeft` is undefined where there is no limit. granted + alreadyHeld + withoutStock = everybody wanted. */
export function planBlocks(
  wanted: readonly WantedBlock[],
  held: ReadonlyMap<number, Uint8Array>,
  stockLeft: number | undefined,
): PlannedBlocks {
  const given: { readonly block: number; readonly bits: Uint8Array }[] = [];
  let left = stockLeft ?? Infinity;
  let [granted, alreadyHeld, withoutStock] = [0, 0, 0];
  for (const { block, bits, memberCount } of wanted) {
    const holders = held.get(block);
    const missing = holders === undefined ? bits : bitsWithout(bits, holders);
    const missingCount = holders === undefined ? memberCount : countBits(missing);
    const count = Math.min(missingCount, left);
    alreadyHeld += memberCount - missingCount;
    withoutStock += missingCount - count;
    if (count === 0) continue;
    given.push({ block, bits: count === missingCount ? missing : firstBits(missing, count) });
    granted += count;
    left -= count;
  }
  return { given, granted, alreadyHeld, withoutStock };
}
