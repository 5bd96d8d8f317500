import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../core/ports/clock.js';
import { epochMs } from '../../core/time.js';

/** The machine's own clock. A sleep ends at or after its time, never a fraction of a millisecond before it. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    const endsMs = performance.now() + delayMs;
    for (let leftMs = delayMs; leftMs > 0 && !signal?.aborted; leftMs = endsMs - performance.now()) {
      await delay(Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS), undefined, { signal }).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'AbortError') throw error; // an abort ends the sleep
      });
    }
  },
};

/** Longer timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
