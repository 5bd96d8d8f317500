import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countBits, FULL_BLOCK, ordinalsOfBits } from '../../core/block-bits.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, offsetInBlock, writeBit } from '../../core/ranges.js';
import { planBlocks } from './plan-blocks.js';

const ordinals = fc.uniqueArray(fc.nat(4 * BLOCK_SIZE - 1), { maxLength: 60 });

function byBlock(set: readonly number[]): Map<number, Uint8Array> {
  const blocks = new Map<number, Uint8Array>();
  for (const ordinal of [...set].sort((left, right) => left - right)) {
    const bits = blocks.get(blockOf(ordinal)) ?? new Uint8Array(BLOCK_BITMAP_BYTES);
    writeBit(bits, offsetInBlock(ordinal), true);
    blocks.set(blockOf(ordinal), bits);
  }
  return blocks;
}

it('whoever is wanted and holds none is given one, first come by ordinal, as far as the stock goes', () => {
  fc.assert(
    fc.property(ordinals, ordinals, fc.option(fc.nat(70), { nil: undefined }), (wanted, held, stock) => {
      const blocks = [...byBlock(wanted)].map(([block, bits]) => ({ block, bits, memberCount: countBits(bits) }));
      const plan = planBlocks(blocks, byBlock(held), stock);
      const holders = new Set(held);
      const missing = wanted.filter((each) => !holders.has(each)).sort((left, right) => left - right);
      const given = missing.slice(0, stock ?? missing.length);
      expect(plan.given.flatMap(({ block, bits }) => ordinalsOfBits(block, bits))).toEqual(given);
      expect(plan).toMatchObject({
        granted: given.length,
        alreadyHeld: wanted.length - missing.length,
        withoutStock: missing.length - given.length,
      });
    }),
  );
});

it('a full block that nobody holds is given as it is, without looking into it', () => {
  const plan = planBlocks([{ block: 3, bits: FULL_BLOCK, memberCount: BLOCK_SIZE }], new Map(), undefined);
  expect(plan.given[0]?.bits).toBe(FULL_BLOCK);
});
