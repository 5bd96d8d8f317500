import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomConformance } from '../../test/conformance/random.js';
import { SeededRandom } from './seeded-random.js';

randomConformance('seeded', () => new SeededRandom('conformance'));

const draw = (seed: number | string, count: number): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

it('repeats itself for the same seed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.string()), (seed) => {
      expect(draw(seed, 20)).toEqual(draw(seed, 20));
      expect(new SeededRandom(seed).bytes(50)).toEqual(new SeededRandom(seed).bytes(50));
    }),
  );
});

it('goes another way for another seed, neighbours included', () => {
  const firsts = Array.from({ length: 5_000 }, (_, seed) => draw(seed, 1)[0]);
  expect(new Set(firsts).size).toBe(5_000);
  const mean = firsts.reduce<number>((sum, first) => sum + (first ?? 0), 0) / 5_000;
  expect(mean).toBeGreaterThan(0.47);
  expect(mean).toBeLessThan(0.53);
});

it('keeps the sequence of a seed from release to release', () => {
  expect(draw(42, 3)).toMatchInlineSnapshot(`
    [
      0.20083911764306484,
      0.6469969305100571,
      0.15400236402951506,
    ]
  `);
  expect(Buffer.from(new SeededRandom('a name').bytes(12)).toString('hex')).toMatchInlineSnapshot(
    `"f40dea3f5678e5c674b99590"`,
  );
});
