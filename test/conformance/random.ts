import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/ports/random.js';

const DRAWS = 20_000;

/** What every source of randomness behind the port keeps. Bounds are wide: a fair source misses one in a billion runs. */
export function randomConformance(name: string, open: () => Random): void {
  describe(`random conformance: ${name}`, () => {
    it('draws from [0, 1), every twentieth about equally often', () => {
      const random = open();
      const counts = new Array<number>(20).fill(0);
      for (let draw = 0; draw < DRAWS; draw++) {
        const value = random.next();
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
        const share = Math.floor(value * 20);
        counts[share] = (counts[share] ?? 0) + 1;
      }
      for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(220); // 7 standard deviations
    });

    it('answers as many bytes as asked, and every value of a byte', () => {
      const random = open();
      for (const sizeBytes of [0, 1, 3, 4, 5, 33]) expect(random.bytes(sizeBytes)).toHaveLength(sizeBytes);
      const counts = new Array<number>(256).fill(0);
      for (const byte of random.bytes(256_000)) counts[byte] = (counts[byte] ?? 0) + 1;
      for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(260); // 8 standard deviations
    });

    it('does not answer the same bytes again', () => {
      const random = open();
      expect(random.bytes(16)).not.toEqual(random.bytes(16));
    });
  });
}
