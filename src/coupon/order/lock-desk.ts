import { isDomainError } from '../../core/errors.js';
import type { OrderId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { structuredHash } from '../../core/structured-hash.js';
import { canonicalJson } from '../../core/canonical-json.js';
import type { EpochMs } from '../../core/time.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { OrderNews } from './coupon-order.js';
import type { CouponTx } from '../coupon-repository.js';
import type { JournalEntry } from '../grant/grant-repository.js';
import { grantName, type GrantKey } from '../grant/grant.js';
import { lockCoupons, type LockCoupons } from './lock-coupons.js';
import { LockFigures, type SeeMoves } from './lock-figures.js';
import { priceOf } from './lock-price.js';
import { readOrder, type OrderView } from './order-view.js';
import type { Basket } from '../quote/basket.js';
import { releaseLock } from './release-lock.js';
import { revokeGrant, type GrantOfCoupon } from '../grant/revoke-grant.js';
import { tellOrders, type NewsOutcome } from './tell-orders.js';

const REQUEST_BYTES = 16;

export interface LockOrder extends Omit<LockCoupons, 'request' | 'price'> {
  readonly basket: Basket;
}

export interface ToldOrders {
  readonly outcomes: readonly NewsOutcome[];
  /** Counts what it led to. */
  committed(): void;
}

/** Where a process's work on locks meets: requests, news of orders, and the timer that must learn of new locks. */
export class LockDesk<Tx extends CouponTx> {
  readonly figures = new LockFigures();
  private onLocked: ((lockEndsAt: EpochMs) => void) | undefined;

  constructor(
    private readonly deps: {
      readonly store: Store<Tx>;
      readonly clock: Clock;
      /** As a transaction sees them. */
      readonly runningPromotions: (tx: Tx) => Promise<readonly Promotion[]>;
    },
  ) {}

  /** Who ends locks: told when each lock of this process ends. */
  tellsOfLocks(onLocked: (lockEndsAt: EpochMs) => void): void {
    this.onLocked = onLocked;
  }

  /** As `lockCoupons`, at the price that the server derives from the basket. */
  async lock({ basket, ...command }: LockOrder): Promise<OrderView> {
    const { clock, runningPromotions } = this.deps;
    const request = requestOf({ ...command, basket });
    const locked = this.counted(async (tx, seeMoves) => {
      const price = priceOf(basket, await runningPromotions(tx));
      return lockCoupons(tx, () => clock.now(), { ...command, request, price }, seeMoves);
    });
    const view = await locked.catch((error: unknown) => {
      if (isDomainError(error, 'LOCK_REFUSED')) this.figures.count('refused');
      throw error;
    });
    if (view.lockEndsAt !== undefined) this.onLocked?.(view.lockEndsAt);
    return view;
  }

  /** As `releaseLock`. */
  release(command: { readonly orderId: OrderId; readonly actor: string }): Promise<OrderView> {
    const { clock } = this.deps;
    return this.counted((tx, seeMoves) => releaseLock(tx, () => clock.now(), command, seeMoves));
  }

  /** As `readOrder`. */
  find(orderId: OrderId): Promise<OrderView> {
    const { store, clock } = this.deps;
    return store.read((tx) => readOrder(tx, clock.now(), orderId));
  }

  /** As `revokeGrant`. */
  revoke(command: { readonly key: GrantKey; readonly actor: string }): Promise<GrantOfCoupon> {
    const { store, clock } = this.deps;
    return store.transaction((tx) => revokeGrant(tx, () => clock.now(), command));
  }

  /** As `tellOrders`, inside the transaction that the news came with; `committed` is to be called after that. */
  async tell(tx: Tx, told: { readonly news: readonly OrderNews[]; readonly actor: string }): Promise<ToldOrders> {
    let seen: readonly JournalEntry[] = [];
    const outcomes = await tellOrders(
      tx,
      () => this.deps.clock.now(),
      told,
      (entries) => (seen = entries),
    );
    return {
      outcomes,
      committed: () => {
        this.figures.countMoves(seen);
      },
    };
  }

  /** One transaction, whose moves are counted once it has committed. */
  private async counted<Result>(body: (tx: Tx, seeMoves: SeeMoves) => Promise<Result>): Promise<Result> {
    let seen: readonly JournalEntry[] = [];
    const result = await this.deps.store.transaction((tx) => {
      seen = [];
      return body(tx, (entries) => (seen = entries));
    });
    this.figures.countMoves(seen);
    return result;
  }
}

/** The same for the same member, grants and basket, whatever the order in which grants are named. */
function requestOf({ ordinal, grants, basket }: LockOrder): Uint8Array {
  const names = grants.map(grantName).sort();
  return structuredHash(['lock', ordinal, ...names, canonicalJson(basket)]).subarray(0, REQUEST_BYTES);
}
