import type { ReadNow } from '../../core/ports/clock.js';
import type { CouponTx } from '../coupon-repository.js';
import { GrantBook } from '../grant/grant-book.js';
import type { SeeMoves } from './lock-figures.js';

/**
 * Releases what is locked by orders whose time is over, up to `limit` orders; answers how many there were. What was
 * paid or locked anew meanwhile stays as it is: each is looked at again under its locks. Safe to repeat and to run twice.
 */
export async function expireLocks(tx: CouponTx, readNow: ReadNow, limit: number, seeMoves?: SeeMoves): Promise<number> {
  const now = readNow();
  const due = await tx.couponOrders.due(now, limit);
  if (due.length === 0) return 0;
  const orders = await tx.couponOrders.lock([...due].sort());
  const over = orders.filter(({ lockEndsAt }) => lockEndsAt !== undefined && now >= lockEndsAt);
  const uses = await tx.couponOrders.usesOf(over.map(({ orderId }) => orderId));
  const book = await GrantBook.open(tx, readNow, uses);
  for (const use of uses) book.apply(use, { kind: 'look' }, 'timer');
  const journaled = await book.close();
  seeMoves?.(journaled);
  await tx.couponOrders.update(over.map((order) => ({ ...order, lockEndsAt: undefined })));
  return due.length;
}
