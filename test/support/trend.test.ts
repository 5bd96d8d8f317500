import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { trendOf } from './trend.js';

const RISES_FROM = 4;

describe('the trend of a series', () => {
  const noisy = (rise: number, seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 20 }, (_, step) => 1_000 + step * rise + random.next() * 10);
  };

  it('is seen through noise where there is one', () => {
    for (let seed = 1; seed <= 200; seed++) expect(trendOf(noisy(2, seed)).certainty).toBeGreaterThan(RISES_FROM);
    expect(trendOf([5, 6, 7, 8])).toEqual({ slope: 1, certainty: Infinity });
  });

  it('is hardly ever seen where there is none', () => {
    const seen = Array.from({ length: 1_000 }, (_, seed) => trendOf(noisy(0, seed)).certainty > RISES_FROM);
    expect(seen.filter(Boolean).length).toBeLessThan(5);
    expect(trendOf([7, 7, 7, 7])).toEqual({ slope: 0, certainty: 0 });
    expect(trendOf([9, 8, 8, 7]).certainty).toBeLessThan(0);
  });
});
