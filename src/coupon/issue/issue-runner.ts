/**
 * The loop behind issue runs: it gives one slice of each run that goes on, by turns, and begins the sweeps of coupons that
 * are about to close. A run that is paused when its coupon ends is ended with it.
 *
 * Everything it does is read off the store, so it can be stopped between any two slices and started again. It wakes when it
 * is told to, and every 2 s. Of several nodes one has the right to it at a time; should two work for a moment, each takes
 * the next blocks of a run, because a slice locks its coupon.
 */
import type { CouponId, IssueRunId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { SECOND_MS } from '../../core/time.js';
import { WakeSignal } from '../../push/wake-signal.js';
import type { CouponTx } from '../coupon-repository.js';
import type { CouponShelf } from '../coupon-shelf.js';
import { couponState, type Coupon } from '../coupon.js';
import { getCoupon } from '../get-coupon.js';
import type { IssueRun } from './issue-run.js';
import { cutOffPaused, issueSlice, type SliceOutcome } from './issue-slice.js';
import { isSweepDue, startSweep } from './sweep-at-close.js';

const LOOK_EVERY_MS = 2 * SECOND_MS;
/** How often the right is asked for again while there is work. */
const RENEW_RIGHT_MS = 3 * SECOND_MS;

export interface IssueRunnerEvent {
  readonly kind: 'issue.failed';
  /** Undefined when the list of runs could not be read, or a sweep not begun. */
  readonly runId: IssueRunId | undefined;
  readonly error: unknown;
}

export interface IssueRunnerOptions<Tx extends CouponTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly shelf: Pick<CouponShelf, 'liveNow'>;
  readonly onEvent: (event: IssueRunnerEvent) => void;
  /** Takes or renews the right to issue, which one node at a time has; absent = alone. */
  readonly mayWork?: (() => Promise<boolean>) | undefined;
}

export class IssueRunner<Tx extends CouponTx> {
  private readonly wakeUp = new WakeSignal();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** Coupons whose sweep was begun, with the close that it was for. */
  private readonly swept = new Map<CouponId, number>();

  constructor(private readonly options: IssueRunnerOptions<Tx>) {}

  start(): void {
    this.running ??= this.run();
  }

  /** A run was started or resumed. Cheap; may be called at any time. */
  wake(): void {
    this.wakeUp.wake();
  }

  /** Stops between two slices and waits for it. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.wakeUp.wake();
    await this.running;
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      await this.round();
      await this.wakeUp.wait(this.options.clock, this.isStopping() ? 0 : LOOK_EVERY_MS);
    }
  }

  /** Works until no run has more to give. Never rejects. */
  private async round(): Promise<void> {
    const { clock } = this.options;
    let askedAtMs = -Infinity;
    try {
      for (let hasMore = true; hasMore && !this.isStopping();) {
        if (clock.monotonicMs() - askedAtMs >= RENEW_RIGHT_MS) {
          askedAtMs = clock.monotonicMs();
          if ((await this.options.mayWork?.()) === false) return;
          await this.beginSweeps();
          await this.endPaused();
        }
        hasMore = await this.sliceOfEach();
      }
    } catch (error) {
      this.failed(undefined, error);
    }
  }

  /** Whether any of the runs has more to give. */
  private async sliceOfEach(): Promise<boolean> {
    const { store } = this.options;
    let hasMore = false;
    for (const { id } of await store.read((tx) => tx.issueRuns.inState('running'))) {
      if (this.isStopping()) return false;
      if ((await this.slice(id)) === 'more') hasMore = true;
    }
    return hasMore;
  }

  /** One that fails is tried again in the next round, and holds up no other. */
  private async slice(id: IssueRunId): Promise<SliceOutcome> {
    const { store, clock } = this.options;
    try {
      return await store.transaction((tx) => issueSlice(tx, () => clock.now(), id), { isBulk: true });
    } catch (error) {
      this.failed(id, error);
      return 'waiting';
    }
  }

  /** One that cannot begin is asked for again, and holds up no other. */
  private async beginSweeps(): Promise<void> {
    const { clock, shelf } = this.options;
    const live = await shelf.liveNow();
    const due = live.filter((coupon) => isSweepDue(coupon, clock.now()));
    for (const coupon of due) if (this.swept.get(coupon.id) !== coupon.closesAt) await this.beginSweep(coupon);
    const listed = new Set(live.map(({ id }) => id));
    for (const id of this.swept.keys()) if (!listed.has(id)) this.swept.delete(id);
  }

  private async beginSweep({ id, closesAt }: Coupon): Promise<void> {
    const { store, clock } = this.options;
    try {
      if (await store.transaction((tx) => startSweep(tx, clock.now(), id))) this.swept.set(id, closesAt);
    } catch (error) {
      this.failed(undefined, error);
    }
  }

  private async endPaused(): Promise<void> {
    const { store, clock } = this.options;
    const over = await store.read(async (tx) => {
      const found: IssueRun[] = [];
      for (const run of await tx.issueRuns.inState('paused'))
        if (couponState(await getCoupon(tx, run.couponId), clock.now()) === 'ended') found.push(run);
      return found;
    });
    for (const run of over) {
      await store
        .transaction((tx) => cutOffPaused(tx, () => clock.now(), run))
        .catch((error: unknown) => {
          this.failed(run.id, error);
        });
    }
  }

  private failed(runId: IssueRunId | undefined, error: unknown): void {
    if (!this.isStopping()) this.options.onEvent({ kind: 'issue.failed', runId, error });
  }
}
