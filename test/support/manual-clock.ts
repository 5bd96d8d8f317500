import type { Clock } from '../../src/core/ports/clock.js';
import { epochMs, type EpochMs } from '../../src/core/time.js';

/** A clock whose wall time moves only when told; spans and sleeps stay real, so that nothing hangs. */
export class ManualClock implements Clock {
  private wallMs: number;

  constructor(startsAt = '2027-01-01T00:00:00Z') {
    this.wallMs = Date.parse(startsAt);
  }

  now(): EpochMs {
    return epochMs(this.wallMs);
  }

  advance(spanMs: number): void {
    this.wallMs += spanMs;
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
