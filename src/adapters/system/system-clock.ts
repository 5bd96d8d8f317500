import { unwatchAbort, watchAbort } from '../../core/abort-watch.js';
import type { Clock } from '../../core/ports/clock.js';
import { epochMs } from '../../core/time.js';

/** The machine's own clock. A sleep ends at or after its time, never a fraction of a millisecond before it. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    const endsMs = performance.now() + delayMs;
    for (let leftMs = delayMs; leftMs > 0 && !signal?.aborted; leftMs = endsMs - performance.now()) {
      await timer(Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS), signal);
    }
  },
};

/** Longer timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** An abort ends it. */
const timer = (delayMs: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(pending);
      if (signal !== undefined) unwatchAbort(signal, end);
      resolve();
    };
    const pending = setTimeout(end, delayMs);
    if (signal !== undefined) watchAbort(signal, end);
  });
