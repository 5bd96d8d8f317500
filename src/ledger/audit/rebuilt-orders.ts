import { orderId as toOrderId, type CouponId, type OrderId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { JournalEntry } from '../../coupon/grant/grant-repository.js';
import { grantName, type GrantKey } from '../../coupon/grant/grant.js';

/**
 * What became of a grant since an order locked it. `over`: the lock is, by cancelling, unlocking or its end. `refused`: the
 * order was paid and could not have it.
 */
export type UseFate = 'locked' | 'over' | 'paid' | 'refused' | 'givenBack';

const FATES: Readonly<Record<Exclude<JournalEntry['move'], 'granted' | 'locked' | 'revoked'>, UseFate>> = {
  released: 'over',
  redeemed: 'paid',
  paidLate: 'paid',
  paidAgain: 'paid',
  returned: 'givenBack',
  forfeited: 'givenBack',
  conflict: 'refused',
};

/** A grant that an order has locked, as it last did, and what followed. */
export interface RebuiltUse extends GrantKey {
  readonly amountMinor: bigint;
  readonly lockedAt: EpochMs;
  readonly lockEndsAt: EpochMs | undefined;
  readonly fate: UseFate;
  /** Released because the order asked for it. */
  readonly isUnlocked: boolean;
}

export interface RebuiltOrder {
  readonly orderId: OrderId;
  /** By the names of the grants. */
  readonly uses: Map<string, RebuiltUse>;
  isMet: boolean;
}

/** Orders by the journals of all coupons: those from one order id on, as many as there is room for. */
export class RebuiltOrders {
  /** Orders from this id on are for the next pass. */
  until: OrderId | undefined;
  /** Up to where the journal of each coupon was read. */
  readonly positions = new Map<CouponId, number>();
  readonly orders = new Map<OrderId, RebuiltOrder>();
  private useCount = 0;

  constructor(
    readonly from: OrderId | undefined,
    private readonly maxUses: number,
  ) {}

  isOfPass(id: OrderId): boolean {
    return (this.from === undefined || id >= this.from) && (this.until === undefined || id < this.until);
  }

  add(entry: JournalEntry & { readonly position: number }): void {
    this.positions.set(entry.couponId, entry.position);
    const { move, orderId } = entry;
    if (orderId === undefined || move === 'granted' || move === 'revoked' || !this.isOfPass(orderId)) return;
    const order = this.orders.get(orderId) ?? { orderId, uses: new Map<string, RebuiltUse>(), isMet: false };
    const name = grantName(entry);
    const before = order.uses.get(name);
    if (move === 'locked') {
      const { couponId, ordinal, n, amountMinor = 0n, at: lockedAt, lockEndsAt } = entry;
      const key = { couponId, ordinal, n };
      order.uses.set(name, { ...key, amountMinor, lockedAt, lockEndsAt, fate: 'locked', isUnlocked: false });
      this.orders.set(orderId, order);
      if (before === undefined) this.useCount++;
      if (this.useCount > this.maxUses) this.makeRoom();
    } else if (before !== undefined) {
      // Of a grant that it never locked only a conflict tells, and nothing is kept.
      order.uses.set(name, {
        ...before,
        fate: FATES[move],
        isUnlocked: before.isUnlocked || (move === 'released' && entry.why === 'unlock'),
      });
    }
  }

  /** The upper half is left to the next pass, unless there is but one. */
  private makeRoom(): void {
    const ids = [...this.orders.keys()].sort();
    const until = ids[Math.max(1, Math.floor(ids.length / 2))];
    if (until === undefined) return;
    this.until = toOrderId(until);
    for (const id of ids.filter((each) => each >= until)) {
      this.useCount -= this.orders.get(id)?.uses.size ?? 0;
      this.orders.delete(id);
    }
  }
}
