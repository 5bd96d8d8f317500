import { describe, expect, it } from 'vitest';
import { costOf } from './price.js';

describe('costOf', () => {
  it.each([
    [4.5, 3, 14n],
    [4.5, 10_000_000, 45_000_000n],
    [0.001, 1, 1n],
    [0.1, 30, 3n],
    [0, 5, 0n],
  ])('of %d minor units for %i members is %s', (perMemberMinor, members, amountMinor) => {
    expect(costOf({ perMemberMinor, currency: 'CNY' }, members)).toEqual({ amountMinor, currency: 'CNY' });
  });
});
