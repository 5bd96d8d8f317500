import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/ports/clock.js';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets this much time pass: by waiting for it, or by moving the clock. */
  readonly pass: (spanMs: number) => Promise<void>;
}

const FOR_EVER_MS = 40 * 86_400_000; // longer than a single timer of the platform can be

/** What every clock behind the port keeps. */
export function clockConformance(name: string, open: () => ClockUnderTest): void {
  describe(`clock conformance: ${name}`, () => {
    it('names instants in whole milliseconds, and measures spans that never go back', async () => {
      const { clock, pass } = open();
      let previousMs = clock.monotonicMs();
      for (let turn = 0; turn < 20; turn++) {
        await pass(0.3);
        expect(Number.isInteger(clock.now())).toBe(true);
        expect(clock.monotonicMs()).toBeGreaterThanOrEqual(previousMs);
        previousMs = clock.monotonicMs();
      }
    });

    it('ends a sleep when its time has passed on the monotonic clock, not before', async () => {
      const { clock, pass } = open();
      for (const delayMs of [1, 2.5, 20]) {
        const startedMs = clock.monotonicMs();
        const sleep = clock.sleep(delayMs);
        await pass(delayMs);
        await sleep;
        expect(clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(delayMs);
      }
    });

    it('ends sleeps in the order of their ends, whatever the order of asking', async () => {
      const { clock, pass } = open();
      const ended: number[] = [];
      const sleeps = [60, 20, 40, 5].map(async (delayMs) => {
        await clock.sleep(delayMs);
        ended.push(delayMs);
      });
      await pass(60);
      await Promise.all(sleeps);
      expect(ended).toEqual([5, 20, 40, 60]);
    });

    it('does not sleep for a span of nothing or less', async () => {
      const { clock } = open();
      await clock.sleep(0);
      await clock.sleep(-5);
    });

    it('ends a sleep at once when its signal aborts, without an error', async () => {
      const { clock } = open();
      const stop = new AbortController();
      const sleep = clock.sleep(FOR_EVER_MS, stop.signal);
      stop.abort(new Error('stopped by a person'));
      await expect(sleep).resolves.toBeUndefined();
      await expect(clock.sleep(FOR_EVER_MS, stop.signal)).resolves.toBeUndefined();
    });

    it('listens to a signal once, however many sleep until it aborts', async () => {
      const { clock } = open();
      const stop = new AbortController();
      const sleeps = Array.from({ length: 20 }, () => clock.sleep(FOR_EVER_MS, stop.signal));
      expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
      stop.abort();
      await Promise.all(sleeps);
      expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    });

    it('leaves nothing behind on a signal that outlives many sleeps', async () => {
      const { clock, pass } = open();
      const stop = new AbortController();
      const sleeps = [1, 2, 3].map((delayMs) => clock.sleep(delayMs, stop.signal));
      await pass(3);
      await Promise.all(sleeps);
      expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    });

    it('sleeps on through a span that is longer than one timer', async () => {
      const { clock, pass } = open();
      const stop = new AbortController();
      let isAwake = false;
      const sleep = clock.sleep(FOR_EVER_MS, stop.signal).then(() => (isAwake = true));
      await pass(5);
      expect(isAwake).toBe(false);
      stop.abort();
      await sleep;
    });
  });
}
