/**
 * Ends locks whose time is over: asks the store when the next one is due, sleeps until then, and releases what is due
 * in slices, many orders a transaction. A lock is void at its end whether or not this comes in time; what it keeps is
 * the books, and others from waiting for a budget.
 */
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { epochMs, SECOND_MS, type EpochMs } from '../../core/time.js';
import type { CouponTx } from '../coupon-repository.js';
import type { JournalEntry } from '../grant/grant-repository.js';
import { expireLocks } from './expire-locks.js';
import type { LockFigures } from './lock-figures.js';

/** Orders of one transaction: some 10 ms. */
const ORDERS_PER_SLICE = 250;
/** Locks of other nodes are seen at the next look: the shortest lock is twice as long. */
const LOOK_EVERY_MS = SECOND_MS / 2;
/** Locks that end within so short a time share a transaction. */
const LEAST_WAIT_MS = 5;

export interface LockTimerEvent {
  readonly kind: 'locks.failed';
  readonly error: unknown;
}

export interface LockTimerOptions {
  readonly store: Store<CouponTx>;
  readonly clock: Clock;
  readonly onEvent: (event: LockTimerEvent) => void;
  readonly figures?: LockFigures | undefined;
  /** Asked twice a second, where several could do it and one does; absent = always. */
  readonly mayWork?: (() => Promise<boolean>) | undefined;
}

export class LockTimer {
  private readonly stopping = new AbortController();
  private waking = new AbortController();
  private wakesAt: EpochMs = epochMs(0);
  private running: Promise<void> | undefined;
  private right = { isHere: false, askedMs: -Infinity };

  constructor(private readonly options: LockTimerOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** A lock was made that ends then. */
  wakeAt(lockEndsAt: EpochMs): void {
    if (lockEndsAt < this.wakesAt) this.waking.abort();
  }

  /** Ends after the slice at hand. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.waking.abort();
    await this.running;
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    const { clock, onEvent } = this.options;
    while (!this.isStopping()) {
      let waitMs = LOOK_EVERY_MS;
      try {
        waitMs = await this.look();
      } catch (error) {
        if (!this.isStopping()) onEvent({ kind: 'locks.failed', error });
      }
      this.waking = new AbortController();
      this.wakesAt = epochMs(clock.now() + waitMs);
      if (!this.isStopping()) await clock.sleep(waitMs, this.waking.signal);
    }
  }

  /** Releases what is due; answers how long nothing more will be. */
  private async look(): Promise<number> {
    const { store, clock } = this.options;
    if (!(await this.mayWork())) return LOOK_EVERY_MS;
    for (let next = await this.nextDueAt(); ; next = await this.nextDueAt()) {
      const waitMs = next === undefined ? LOOK_EVERY_MS : next - clock.now();
      if (waitMs > 0 || this.isStopping()) return Math.max(LEAST_WAIT_MS, Math.min(LOOK_EVERY_MS, waitMs));
      let seen: readonly JournalEntry[] = [];
      await store.transaction((tx) => {
        seen = [];
        return expireLocks(
          tx,
          () => clock.now(),
          ORDERS_PER_SLICE,
          (entries) => (seen = entries),
        );
      });
      this.options.figures?.countMoves(seen);
    }
  }

  /** Asked again once a look's time is over, however often locks end. */
  private async mayWork(): Promise<boolean> {
    const { clock, mayWork } = this.options;
    if (mayWork === undefined) return true;
    if (clock.monotonicMs() - this.right.askedMs < LOOK_EVERY_MS) return this.right.isHere;
    const askedMs = clock.monotonicMs();
    this.right = { isHere: false, askedMs: -Infinity }; // asked again if this fails
    this.right = { isHere: await mayWork(), askedMs };
    return this.right.isHere;
  }

  private nextDueAt(): Promise<EpochMs | undefined> {
    return this.options.store.read((tx) => tx.couponOrders.nextDueAt());
  }
}
