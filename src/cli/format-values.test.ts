import { afterEach, expect, it, vi } from 'vitest';
import { epochMs, formatInstant } from '../core/time.js';
import { readTime } from './format-values.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const read = (text: string): string | undefined => {
  const instant = readTime(text, epochMs(0));
  return instant === undefined ? undefined : formatInstant(instant);
};

it('refuses a wall time that the clocks leap over, and takes the first of one that comes twice', () => {
  vi.stubEnv('TZ', 'America/New_York');
  expect(read('2027-03-14 01:59')).toBe('2027-03-14T06:59:00.000Z');
  expect(read('2027-03-14 02:30')).toBeUndefined();
  expect(read('2027-03-14 03:00')).toBe('2027-03-14T07:00:00.000Z');
  expect(read('2027-11-07 01:30')).toBe('2027-11-07T05:30:00.000Z');
  expect(read('2027-02-30 00:00')).toBeUndefined();
});

it('begins a day with its first moment where the clocks leap over midnight', () => {
  vi.stubEnv('TZ', 'Africa/Cairo');
  expect(read('2027-04-30')).toBe('2027-04-29T22:00:00.000Z');
  expect(read('2027-04-30 00:30')).toBeUndefined();
});
