/**
 * The housekeeper of a data folder: forgets what is past its time, in slices of bulk work, and enters addresses into
 * their index. Everything it does can be stopped anywhere and begun again.
 */
import { forgetOldCells, type ForgetCellsTx } from './campaign/forget-cells.js';
import { purgeInboxes } from './campaign/inbox.js';
import type { InboxRepository } from './campaign/inbox-repository.js';
import type { Clock } from './core/ports/clock.js';
import type { Store } from './core/ports/store.js';
import type { CouponOrderRepository } from './coupon/order/coupon-order-repository.js';
import type { CouponRepository } from './coupon/coupon-repository.js';
import { tellExpired } from './coupon/tell-expired.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, type EpochMs } from './core/time.js';
import type { EventTx } from './events/event-repository.js';
import { purgeEvents } from './events/purge-events.js';
import { purgeIdempotencyKeys } from './idempotency/idempotency-gate.js';
import type { IdempotencyTx } from './idempotency/idempotency-repository.js';
import { indexAddresses } from './membership/index-addresses.js';
import type { MembersTx } from './membership/members-tx.js';
import { purgeSubmits } from './promotion/create-promotion.js';
import type { PromotionTx } from './promotion/promotion-repository.js';

const PURGE_SLICE = 1_000;

/** What keeping house needs of a transaction. */
export interface MaintenanceTx extends EventTx, IdempotencyTx, PromotionTx, ForgetCellsTx, Pick<MembersTx, 'members'> {
  readonly inbox: InboxRepository;
  readonly coupons: CouponRepository;
  readonly couponOrders: CouponOrderRepository;
}

export interface MaintenanceEvent {
  readonly kind: 'maintenance.failed';
  readonly error: unknown;
}

export interface MaintenanceOptions {
  readonly store: Store<MaintenanceTx>;
  readonly clock: Clock;
  readonly onEvent: (event: MaintenanceEvent) => void;
  /** Asked before each round, where several could keep house and one does; absent = always. */
  readonly mayWork?: (() => Promise<boolean>) | undefined;
}

export class Maintenance {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: MaintenanceOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Ends between two slices. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    const { clock, onEvent } = this.options;
    const { signal } = this.stopping;
    const chores = [
      { everyMs: MINUTE_MS, doneAtMs: -Infinity, run: () => indexAddresses(this.options, { signal }) },
      { everyMs: HOUR_MS, doneAtMs: -Infinity, run: () => purgeEvents(this.options, { signal }) },
      { everyMs: HOUR_MS, doneAtMs: -Infinity, run: () => this.purge(purgeIdempotencyKeys) },
      { everyMs: HOUR_MS, doneAtMs: -Infinity, run: () => this.purge(purgeSubmits) },
      {
        everyMs: HOUR_MS,
        doneAtMs: -Infinity,
        run: () => this.purge((tx, now, limit) => tx.couponOrders.forget(now, limit)),
      },
      { everyMs: MINUTE_MS, doneAtMs: -Infinity, run: () => tellExpired(this.options, { signal }) },
      { everyMs: DAY_MS, doneAtMs: -Infinity, run: () => purgeInboxes(this.options, { signal }) },
      { everyMs: DAY_MS, doneAtMs: -Infinity, run: () => forgetOldCells(this.options, { signal }) },
    ];
    while (!this.isStopping()) {
      const mayWork = await this.mayWork();
      for (const chore of mayWork ? chores : []) {
        if (this.isStopping() || clock.monotonicMs() - chore.doneAtMs < chore.everyMs) continue;
        chore.doneAtMs = clock.monotonicMs();
        try {
          await chore.run();
        } catch (error) {
          if (!this.isStopping()) onEvent({ kind: 'maintenance.failed', error });
        }
      }
      await clock.sleep(MINUTE_MS, signal);
    }
  }

  private async mayWork(): Promise<boolean> {
    const { mayWork, onEvent } = this.options;
    try {
      return (await mayWork?.()) ?? true;
    } catch (error) {
      onEvent({ kind: 'maintenance.failed', error });
      return false;
    }
  }

  private async purge(slice: (tx: MaintenanceTx, now: EpochMs, limit: number) => Promise<number>): Promise<void> {
    const { store, clock } = this.options;
    let purged = PURGE_SLICE;
    while (purged === PURGE_SLICE && !this.isStopping()) {
      purged = await store.transaction((tx) => slice(tx, clock.now(), PURGE_SLICE), { isBulk: true });
    }
  }
}
