import { expect, it } from 'vitest';
import { SeededRandom } from '../core/seeded-random.js';
import { backOffMs } from './back-off.js';

it('waits twice as long after each failure up to the limit, between half of it and the whole by chance', () => {
  const random = new SeededRandom(1);
  const retry = { firstDelayMs: 100, maxDelayMs: 1_000 };
  for (const [tries, fullMs] of [
    [0, 100],
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1_000],
    [40, 1_000],
  ] as const) {
    const waits = Array.from({ length: 500 }, () => backOffMs(tries, retry, random));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(fullMs / 2);
    expect(Math.max(...waits)).toBeLessThanOrEqual(fullMs);
    expect(Math.max(...waits) - Math.min(...waits), 'no herd').toBeGreaterThan(fullMs / 3);
  }
});
