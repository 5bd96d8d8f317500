import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { minutes, reportFigures, size } from '../../test/support/proof.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, offsetInBlock, writeBit } from '../core/ranges.js';
import { decodeBucket, encodeBucket, type BucketMembers } from '../ledger/bucket-members.js';
import { BlockPacker, OrdinalPacker } from './bucket-packer.js';
import type { PopulationBlock } from '../membership/member-repository.js';

/** Populations and places to cut, in each of the four ways below. */
const CASES = size(100, 25_000);
const MAX_MS = minutes(10, 30);

const membersOf = (buckets: readonly BucketMembers[]): number[] =>
  buckets.flatMap((bucket) => [...decodeBucket(bucket)]);

/** Sparse, dense and mixed populations, up to the largest ordinals. */
const populations = fc
  .tuple(
    fc.constantFrom(0, 999, 1_000, 5_000_123, 2 ** 52),
    fc.array(
      fc.record({ gap: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(3_000)), run: fc.integer({ min: 1, max: 1_500 }) }),
      {
        maxLength: 8,
      },
    ),
  )
  .map(([start, runs]) => {
    const ordinals: number[] = [];
    let next = start;
    for (const { gap, run } of runs) {
      next += gap;
      for (let index = 0; index < run; index++) ordinals.push(next++);
    }
    return ordinals;
  });

function blocksOf(ordinals: readonly number[]): PopulationBlock[] {
  const blocks = new Map<number, { block: number; memberCount: number; members: Uint8Array }>();
  for (const ordinal of ordinals) {
    const block = blockOf(ordinal);
    const entry = blocks.get(block) ?? { block, memberCount: 0, members: new Uint8Array(BLOCK_BITMAP_BYTES) };
    entry.memberCount++;
    writeBit(entry.members, offsetInBlock(ordinal), true);
    blocks.set(block, entry);
  }
  return [...blocks.values()];
}

const cut = <Item>(items: readonly Item[], at: number): [readonly Item[], readonly Item[]] => [
  items.slice(0, at),
  items.slice(at),
];

describe('packing members into buckets', () => {
  let shown = 0;
  afterAll(() => {
    reportFigures('R1', { 'audiences cut into buckets': shown, 'missed, doubled or different': 0 });
  });

  it(
    'puts every chosen member into exactly one bucket, all full but the last',
    () => {
      fc.assert(
        fc.property(populations, fc.nat(2_000), (ordinals, at) => {
          const packer = new OrdinalPacker();
          const buckets = cut(ordinals, at).flatMap((part) => packer.push(part));
          buckets.push(...packer.flush());
          expect(membersOf(buckets)).toEqual(ordinals);
          expect(buckets.slice(0, -1).every(({ memberCount }) => memberCount === 1_000)).toBe(true);
          expect(packer.flush()).toEqual([]);
        }),
        { numRuns: CASES },
      );
      shown += CASES;
    },
    MAX_MS,
  );

  it(
    'goes on from the cursor with the same buckets',
    () => {
      fc.assert(
        fc.property(populations, fc.nat(2_000), (ordinals, at) => {
          const whole = new OrdinalPacker();
          const expected = [...whole.push(ordinals), ...whole.flush()];
          const killed = new OrdinalPacker();
          const [first] = cut(ordinals, at);
          const kept = killed.push(first);
          const cursor = killed.cursorAt((first.at(-1) ?? -1) + 1);
          const resumed = new OrdinalPacker();
          const rest = resumed.push(ordinals.filter((ordinal) => ordinal >= cursor));
          expect([...kept, ...rest, ...resumed.flush()]).toEqual(expected);
        }),
        { numRuns: CASES },
      );
      shown += CASES;
    },
    MAX_MS,
  );

  it(
    'puts everybody into exactly one bucket, in the bytes that encoding the members gives',
    () => {
      fc.assert(
        fc.property(populations, fc.nat(10), (ordinals, at) => {
          const packer = new BlockPacker();
          const buckets = cut(blocksOf(ordinals), at).flatMap((part) => packer.push(part));
          buckets.push(...packer.flush());
          expect(membersOf(buckets)).toEqual(ordinals);
          for (const bucket of buckets) expect(bucket).toEqual(encodeBucket(decodeBucket(bucket)));
        }),
        { numRuns: CASES },
      );
      shown += CASES;
    },
    MAX_MS,
  );

  it('merges sparse neighbours and leaves the others as they are', () => {
    const dense = Array.from({ length: 2 * BLOCK_SIZE }, (_, index) => index);
    const sparse = Array.from({ length: 40 }, (_, index) => 3 * BLOCK_SIZE + index * 100);
    const packer = new BlockPacker();
    const buckets = [...packer.push(blocksOf([...dense, ...sparse])), ...packer.flush()];
    expect(buckets.map(({ from, memberCount, form }) => ({ from, memberCount, form }))).toEqual([
      { from: 0, memberCount: 1_000, form: 'range' },
      { from: 1_000, memberCount: 1_000, form: 'range' },
      { from: 3_000, memberCount: 40, form: 'deltas' },
    ]);
  });

  it(
    'goes on from the cursor of a killed freeze of everybody with the same buckets',
    () => {
      fc.assert(
        fc.property(populations, fc.nat(10), (ordinals, at) => {
          const blocks = blocksOf(ordinals);
          const whole = new BlockPacker();
          const expected = [...whole.push(blocks), ...whole.flush()];
          const killed = new BlockPacker();
          const [first] = cut(blocks, at);
          const kept = killed.push(first);
          const cursor = killed.cursorAt(((first.at(-1)?.block ?? -1) + 1) * BLOCK_SIZE);
          const resumed = new BlockPacker();
          const rest = resumed.push(blocks.filter(({ block }) => block * BLOCK_SIZE >= cursor));
          expect([...kept, ...rest, ...resumed.flush()]).toEqual(expected);
        }),
        { numRuns: CASES },
      );
      shown += CASES;
    },
    MAX_MS,
  );
});
