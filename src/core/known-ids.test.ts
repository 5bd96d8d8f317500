import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { KnownIds } from './known-ids.js';
import { SeededRandom } from './seeded-random.js';

function setUp() {
  const clock = new ManualClock();
  const stored = new Set([3, 7]);
  const readings: (() => void)[] = [];
  const knownIds = new KnownIds({
    clock,
    readAll: () => {
      const seen = [...stored];
      return new Promise((resolve) => {
        readings.push(() => {
          resolve(seen);
        });
      });
    },
  });
  return { clock, stored, readings, knownIds };
}

it('says no only by a reading that began after the question', async () => {
  const { stored, readings, knownIds } = setUp();
  const early = knownIds.has(9);
  await expect.poll(() => readings.length).toBe(1);
  stored.add(9); // committed while the first reading runs
  const late = knownIds.has(9);
  readings[0]?.();
  expect(await early).toBe(false);
  await expect.poll(() => readings.length).toBe(2);
  readings[1]?.();
  expect(await late).toBe(true);
});

it('reads nothing for ids that it knows', async () => {
  const { readings, knownIds } = setUp();
  const first = knownIds.has(3);
  await expect.poll(() => readings.length).toBe(1);
  readings[0]?.();
  expect(await first).toBe(true);
  expect([await knownIds.has(7), await knownIds.has(3)]).toEqual([true, true]);
  expect(readings).toHaveLength(1);
});

it('reads at most 100 times for a million different ids that do not exist, asked at 10,000 a second', async () => {
  const clock = new ManualClock();
  const random = new SeededRandom(7);
  let readings = 0;
  const readAll = () => {
    readings++;
    return Promise.resolve([1, 2, 3]);
  };
  const knownIds = new KnownIds({ clock, readAll });
  const answers: Promise<boolean>[] = [];
  for (let second = 0; second < 100; second++) {
    for (let question = 0; question < 10_000; question++)
      answers.push(knownIds.has(4 + Math.floor(random.next() * 2 ** 50)));
    await clock.run(1_000);
  }
  await clock.run(10_000);
  expect((await Promise.all(answers)).includes(true)).toBe(false);
  expect(readings).toBeGreaterThan(20);
  expect(readings).toBeLessThanOrEqual(100);
});

it('tells who waited that reading failed, and reads again for the next', async () => {
  let isAway = true;
  const readAll = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve([5]));
  const knownIds = new KnownIds({ clock: new ManualClock(), readAll });
  await expect(knownIds.has(5)).rejects.toThrow('away');
  isAway = false;
  expect(await knownIds.has(5)).toBe(true);
});
