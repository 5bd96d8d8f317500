/** An order's coupons as they are shown. */
import { DomainError } from '../../core/errors.js';
import type { OrderId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { CouponOrder, OrderUse } from './coupon-order.js';
import type { CouponTx } from '../coupon-repository.js';
import { isVoidLock } from '../grant/grant-moves.js';
import type { Grant } from '../grant/grant.js';
import { findGrant } from '../grant/held-grants.js';

/** What an order has of a grant that it once locked. */
export const HOLDINGS = ['locked', 'redeemed', 'none'] as const;
export type Holding = (typeof HOLDINGS)[number];

export interface HeldUse {
  readonly use: OrderUse;
  readonly holding: Holding;
}

export interface OrderView {
  readonly order: CouponOrder;
  readonly uses: readonly HeldUse[];
  /** First instant at which its lock is void; undefined where none holds. */
  readonly lockEndsAt: EpochMs | undefined;
  /** Of what it holds. */
  readonly discountMinor: bigint;
}

export function orderViewOf(
  order: CouponOrder,
  uses: readonly { readonly use: OrderUse; readonly grant: Grant | undefined }[],
  now: EpochMs,
): OrderView {
  const held = uses.map(({ use, grant }): HeldUse => ({ use, holding: holdingOf(order.orderId, grant, now) }));
  return {
    order,
    uses: held,
    lockEndsAt: held.some(({ holding }) => holding === 'locked') ? order.lockEndsAt : undefined,
    discountMinor: held.reduce((sum, { use, holding }) => (holding === 'none' ? sum : sum + use.amountMinor), 0n),
  };
}

export function holdingOf(orderId: OrderId, grant: Grant | undefined, now: EpochMs): Holding {
  if (grant?.use?.orderId !== orderId || isVoidLock(grant, now)) return 'none';
  return grant.state === 'locked' || grant.state === 'redeemed' ? grant.state : 'none';
}

/** @throws DomainError `NOT_FOUND` for an order that nothing is known of. */
export async function readOrder(tx: CouponTx, now: EpochMs, orderId: OrderId): Promise<OrderView> {
  const order = await tx.couponOrders.find(orderId);
  if (order === undefined) {
    // Not repeated: what is made up may be anything, a person's name too.
    throw new DomainError('NOT_FOUND', 'No coupons were locked for this order, and nothing was told of it.');
  }
  const uses = await tx.couponOrders.usesOf([orderId]);
  const held: { use: OrderUse; grant: Grant | undefined }[] = [];
  for (const use of uses) held.push({ use, grant: await findGrant(tx, use) });
  return orderViewOf(order, held, now);
}
