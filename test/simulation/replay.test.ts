import { expect, it } from 'vitest';
import { Simulator } from './simulate.js';

it('gives the same trace for the same seed, whatever ran before, and another for another', async () => {
  const hashes: string[] = [];
  for (const order of [
    [0, 3, 7, 8],
    [8, 7, 3, 0],
  ]) {
    const simulator = new Simulator();
    const byName = new Map<number, string>();
    for (const seed of order) byName.set(seed, (await simulator.run(seed)).hash);
    simulator.dispose();
    hashes.push([0, 3, 7, 8].map((seed) => byName.get(seed)).join(' '));
  }
  expect(hashes[1]).toBe(hashes[0]);
  expect(new Set(hashes[0]?.split(' ')).size).toBe(4);
});
