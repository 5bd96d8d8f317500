import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../core/ports/clock.js';
import { epochMs } from '../../core/time.js';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    for (let leftMs = delayMs; leftMs > 0 && !signal?.aborted; leftMs -= LONGEST_TIMER_MS) {
      await delay(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal }).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'AbortError') throw error; // an abort ends the sleep
      });
    }
  },
};

/** Longer timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
