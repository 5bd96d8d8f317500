import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { epochMs, type EpochMs } from '../core/time.js';
import { SharedClock } from './shared-clock.js';

describe('the clock that nodes share', () => {
  let machine: ManualClock;
  let clock: SharedClock;
  beforeEach(() => {
    machine = new ManualClock();
    clock = new SharedClock(machine);
  });
  afterEach(() => clock.close());

  /** A database whose clock is so far ahead of the machine's monotonic one; it looks on it half way there and back. */
  const database = (of: { aheadMs: number; thereMs?: number; backMs?: number }) => async (): Promise<EpochMs> => {
    machine.advance(of.thereMs ?? 0);
    const told = epochMs(Math.floor(of.aheadMs + machine.monotonicMs()));
    machine.advance(of.backMs ?? 0);
    return told;
  };
  const errorMs = ({ aheadMs }: { readonly aheadMs: number }): number =>
    Math.abs(clock.now() - (aheadMs + machine.monotonicMs()));

  it('tells the time of the database, and goes on with it whatever the wall clock of the machine does', async () => {
    const of = { aheadMs: machine.now() - 30_000 };
    await clock.follow(database(of));
    expect(errorMs(of)).toBeLessThanOrEqual(1);
    machine.stepWall(3_600_000);
    machine.advance(1_000);
    expect(errorMs(of)).toBeLessThanOrEqual(1);
  });

  it('follows when the clock of the database is set, and goes on by itself while nobody answers', async () => {
    const of = { aheadMs: machine.now() + 30_000 };
    let isAway = false;
    await clock.follow(() => (isAway ? Promise.reject(new Error('away')) : database(of)()));
    isAway = true;
    await machine.run(60_000);
    expect(errorMs(of)).toBeLessThanOrEqual(1);
    isAway = false;
    of.aheadMs -= 5_000;
    await machine.run(2_000);
    expect(errorMs(of)).toBeLessThanOrEqual(1);
  });

  it('is wrong by no more than the quickest answer so far took, however slow others are', async () => {
    const trips = fc.array(fc.record({ thereMs: fc.nat(3_000), backMs: fc.nat(3_000) }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1e7, max: 1e7 }), trips, async (apartMs, all) => {
        const of = { aheadMs: machine.now() - machine.monotonicMs() + apartMs, thereMs: 0, backMs: 0 };
        const following = new SharedClock(machine);
        let quickestMs = Infinity;
        for (const trip of all) {
          Object.assign(of, trip);
          await following.ask(database(of));
          quickestMs = Math.min(quickestMs, trip.thereMs + trip.backMs);
          const isWrongBy = Math.abs(following.now() - (of.aheadMs + machine.monotonicMs()));
          expect(isWrongBy).toBeLessThanOrEqual(quickestMs + 1);
        }
      }),
    );
  });
});
