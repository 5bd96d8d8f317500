/**
 * Keeps a pusher's leases alive: every 2 s one statement renews all of them. What the store no longer grants is let go
 * at once, and what could not be renewed in time is not sent any more. With leases that do not end it does nothing.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import type { HeldBuckets } from './held-buckets.js';
import { SENDING_SHARE, type LeasePolicy } from './lease-policy.js';
import type { HeldBucket } from './stream.js';

export interface LeaseKeeperDeps {
  readonly policy: LeasePolicy | undefined;
  readonly store: Store<{ readonly ledger: Pick<LedgerRepository, 'renewLeases'> }>;
  readonly clock: Clock;
  readonly owner: string;
  readonly held: HeldBuckets;
  /** Leases were lost: what they covered may be claimed by others. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

export class LeaseKeeper {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly deps: LeaseKeeperDeps) {}

  start(): void {
    const { policy } = this.deps;
    if (policy !== undefined) this.running ??= this.run(policy);
  }

  /** Lets the leases that are held run out. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Milliseconds for which a held bucket may still be sent from; 0 or less = no more. */
  sendWithinMs(bucket: HeldBucket): number {
    const { policy, held, clock } = this.deps;
    if (policy === undefined) return Infinity;
    const askedAtMs = held.leaseAskedAtMs(bucket);
    return askedAtMs === undefined ? 0 : askedAtMs + policy.leaseMs * SENDING_SHARE - clock.monotonicMs();
  }

  private async run({ leaseMs, renewEveryMs }: LeasePolicy): Promise<void> {
    const { clock } = this.deps;
    for (let dueAtMs = clock.monotonicMs(); ;) {
      dueAtMs = Math.max(dueAtMs + renewEveryMs, clock.monotonicMs()); // a late one is not made up for
      await clock.sleep(dueAtMs - clock.monotonicMs(), this.stopping.signal);
      if (this.stopping.signal.aborted) return;
      await this.renew(leaseMs);
    }
  }

  private async renew(leaseMs: number): Promise<void> {
    const { store, clock, owner, held, onLost, onError } = this.deps;
    const leases = held.leases();
    if (leases.length === 0) return;
    const askedAtMs = clock.monotonicMs();
    try {
      const answers = await store.transaction((tx) => tx.ledger.renewLeases(owner, leases, leaseMs));
      held.renewed(
        leases.filter((_, index) => answers[index] === true),
        askedAtMs,
      );
      const lost = leases.filter((_, index) => answers[index] !== true);
      if (held.forgetLeases(lost) > 0) onLost();
    } catch (error) {
      onError(error); // asked again in 2 s; until then what is held is sent from for as long as it surely holds
    }
  }
}
