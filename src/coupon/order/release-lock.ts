import { DomainError } from '../../core/errors.js';
import type { OrderId } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import { mayLock } from './coupon-order.js';
import type { CouponTx } from '../coupon-repository.js';
import { GrantBook } from '../grant/grant-book.js';
import type { SeeMoves } from './lock-figures.js';
import { readOrder, type OrderView } from './order-view.js';

/**
 * Gives back what an order has locked: it uses none of it any more, and may lock again. Of one that was cancelled or
 * refunded nothing is left to give back, and what it used stays known for news that comes late. Safe to repeat.
 * @throws DomainError `NOT_FOUND`; `ORDER_STATE` for one that is paid: its refund gives coupons back.
 */
export async function releaseLock(
  tx: CouponTx,
  readNow: ReadNow,
  { orderId, actor }: { readonly orderId: OrderId; readonly actor: string },
  seeMoves?: SeeMoves,
): Promise<OrderView> {
  await readOrder(tx, readNow(), orderId); // an order that nobody knows is not made by asking
  const [order] = await tx.couponOrders.lock([orderId]);
  if (order?.state === 'paid') {
    throw new DomainError('ORDER_STATE', `Order ${orderId} is paid; its coupons come back when it is refunded.`, {
      orderId,
      state: order.state,
    });
  }
  const uses = await tx.couponOrders.usesOf([orderId]);
  if (order !== undefined && mayLock(order) && uses.length > 0) {
    const book = await GrantBook.open(tx, readNow, uses);
    for (const use of uses) book.apply(use, { kind: 'release', orderId, why: 'unlock' }, actor);
    const journaled = await book.close();
    seeMoves?.(journaled);
    await tx.couponOrders.replaceUses(orderId, []);
    await tx.couponOrders.update([{ ...order, request: undefined, lockEndsAt: undefined }]);
  }
  return readOrder(tx, readNow(), orderId);
}
