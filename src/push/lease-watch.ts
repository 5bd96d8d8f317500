/**
 * Ends the leases of nodes that died or hang, once their time is over by the store's clock. Every node that pushes looks,
 * once a second, whoever comes first: a lease of 8 s that was renewed just before its holder died ends within 9 s.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { epochMs } from '../core/time.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';

const LOOK_EVERY_MS = 1_000;
/** Before all that nobody has begun: else who is left of a lost bucket would wait for the whole campaign. */
const FIRST = epochMs(0);

export interface LeaseEvent {
  readonly kind: 'push.leasesEnded';
  /** Buckets whose holder did not renew in time. */
  readonly buckets: number;
}

export interface LeaseWatchOptions {
  readonly store: Store<{ readonly ledger: Pick<LedgerRepository, 'endExpiredLeases'> }>;
  readonly clock: Clock;
  readonly onEvent: (
    event: LeaseEvent | { readonly kind: 'push.storeError'; readonly channel: string; readonly error: unknown },
  ) => void;
  /** Buckets became free. */
  readonly onFreed: () => void;
}

export class LeaseWatch {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: LeaseWatchOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.look();
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  private async look(): Promise<void> {
    const { store, onEvent, onFreed } = this.options;
    try {
      const buckets = await store.transaction((tx) => tx.ledger.endExpiredLeases(FIRST));
      if (buckets === 0) return;
      onEvent({ kind: 'push.leasesEnded', buckets });
      onFreed();
    } catch (error) {
      if (!this.stopping.signal.aborted) onEvent({ kind: 'push.storeError', channel: 'all', error });
    }
  }
}
