import { expect, it } from 'vitest';
import { SECOND_MS, formatInstant } from '../../src/core/time.js';
import { clockConformance } from '../conformance/clock.js';
import { ManualClock } from './manual-clock.js';

clockConformance('manual', () => {
  const clock = new ManualClock();
  return { clock, pass: (spanMs) => clock.run(spanMs) };
});

it('stands still until it is moved', () => {
  const clock = new ManualClock('2027-03-01T08:00:00+08:00');
  expect(formatInstant(clock.now())).toBe('2027-03-01T00:00:00.000Z');
  clock.advance(1_500);
  expect(formatInstant(clock.now())).toBe('2027-03-01T00:00:01.500Z');
  expect(clock.monotonicMs()).toBe(1_500);
});

it('lets a loop make every turn that fits, each at its own time', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const turns: number[] = [];
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(2 * SECOND_MS, stop.signal);
      turns.push(clock.monotonicMs());
    }
  })();
  await clock.run(7 * SECOND_MS);
  expect(turns).toEqual([2_000, 4_000, 6_000]);
  stop.abort();
  await loop;
  expect(clock.sleeperCount).toBe(0);
});

it('jumps: who wakes late sees the time after the jump', async () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const late = clock.sleep(10).then(() => seen.push(clock.monotonicMs()));
  clock.advance(500);
  await late;
  expect(seen).toEqual([500]);
});

it('keeps spans when the wall clock is set back', () => {
  const clock = new ManualClock('2027-01-01T00:00:10Z');
  clock.stepWall(-5_000);
  expect(formatInstant(clock.now())).toBe('2027-01-01T00:00:05.000Z');
  expect(clock.monotonicMs()).toBe(0);
  expect(() => clock.advance(-1)).toThrow(/does not go back/);
});

it('refuses a start that is no instant', () => {
  expect(() => new ManualClock('2027-01-01')).toThrow(RangeError);
});
