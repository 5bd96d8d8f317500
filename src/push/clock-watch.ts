/**
 * Watches for a wall clock that is set back. Rows wait until an instant, so what was put off while the clock was ahead
 * would wait as long as the clock was wrong: nobody would be lost, and everybody late. Spans in memory run on the
 * monotonic clock and need no watching; a clock that is set ahead makes waiting rows due early, by at most their wait.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { addMs, epochMs } from '../core/time.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import { MAX_RETRY_AFTER_MS } from './sound-answer.js';

const LOOK_EVERY_MS = 1_000;
/** A time server's corrections are smaller than this. */
const LEAST_STEP_MS = 1_000;
/** Rows that were held while the clock was set back are given back with their old times a little later. */
const LOOKS_AFTER_STEP = 30;

export interface ClockEvent {
  readonly kind: 'clock.setBack';
  readonly byMs: number;
}

export interface ClockWatchOptions {
  readonly store: Store<{ readonly ledger: Pick<LedgerRepository, 'pullIn'> }>;
  readonly clock: Clock;
  /**
   * The longest back-off, in milliseconds. After the clock was set back, what waits for longer is made due: a vendor
   * that had asked for a longer wait for a member is asked earlier then, and may ask again.
   */
  readonly longestWaitMs: number;
  readonly onEvent: (
    event: ClockEvent | { readonly kind: 'push.storeError'; readonly channel: string; readonly error: unknown },
  ) => void;
  /** Rows became due. */
  readonly onPulledIn: () => void;
}

export class ClockWatch {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: ClockWatchOptions) {}

  /** Pulls in what a clock that was wrong before the last stop has put off, and watches from now on. */
  start(): void {
    this.running ??= this.run();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, longestWaitMs, onEvent } = this.options;
    const { signal } = this.stopping;
    await this.pullIn(Math.max(longestWaitMs, MAX_RETRY_AFTER_MS));
    let aheadMs = clock.now() - clock.monotonicMs();
    for (let looksLeft = 0; !signal.aborted;) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      const nowAheadMs = clock.now() - clock.monotonicMs();
      if (nowAheadMs < aheadMs - LEAST_STEP_MS) {
        onEvent({ kind: 'clock.setBack', byMs: Math.round(aheadMs - nowAheadMs) });
        looksLeft = LOOKS_AFTER_STEP;
      }
      aheadMs = nowAheadMs;
      if (looksLeft === 0) continue;
      looksLeft -= 1;
      await this.pullIn(longestWaitMs);
    }
  }

  private async pullIn(waitMs: number): Promise<void> {
    const { store, clock, onEvent, onPulledIn } = this.options;
    try {
      const now = epochMs(clock.now());
      const pulled = await store.transaction((tx) => tx.ledger.pullIn({ now, ifAfter: addMs(now, waitMs) }), {
        isBulk: true,
      });
      if (pulled > 0) onPulledIn();
    } catch (error) {
      if (!this.stopping.signal.aborted) onEvent({ kind: 'push.storeError', channel: 'all', error });
    }
  }
}
