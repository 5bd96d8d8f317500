import type { EpochMs } from '../time.js';

/**
 * All time that our code sees. `now` is the wall clock: it can step, so it only names instants.
 * `monotonicMs` never steps back: spans, leases and pace are measured on it.
 */
/** For what waits for locks first: an instant read before them is of before others were done. */
export type ReadNow = () => EpochMs;

export interface Clock {
  now(): EpochMs;
  /** Milliseconds with fractions since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Resolves after `delayMs` on the monotonic clock, or at once when `signal` aborts; never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
