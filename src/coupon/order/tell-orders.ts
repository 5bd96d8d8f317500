/** News of orders, many in one transaction, in the order given; safe to repeat, doubled, late and out of order. */
import { assert } from '../../core/assert.js';
import type { ReadNow } from '../../core/ports/clock.js';
import { addMs, DAY_MS, type EpochMs } from '../../core/time.js';
import {
  decideNews,
  signalOf,
  type CouponOrder,
  type OrderNews,
  type OrderStep,
  type OrderUse,
} from './coupon-order.js';
import type { CouponTx } from '../coupon-repository.js';
import { GrantBook } from '../grant/grant-book.js';
import { grantName } from '../grant/grant.js';
import { freeBudgets } from './lock-coupons.js';
import type { SeeMoves } from './lock-figures.js';
import { holdingOf } from './order-view.js';
import { couponsOf, namedUnused, readUnused, tellUnused } from './unused-grants.js';

/** How long an order is remembered that never locked a coupon: a lock may come after what was told of it. */
const REMEMBERED_MS = 7 * DAY_MS;

/**
 * `applied`: it was news. `unchanged`: known, or older than what is known. `conflict`: news, but the order has not all
 * of the coupons that it was paid for or says that it uses. Also of news that cannot be compared with what is known,
 * which has no effect.
 */
export type NewsOutcome = 'applied' | 'unchanged' | 'conflict';

/** Answers for each in the order given. */
export async function tellOrders(
  tx: CouponTx,
  readNow: ReadNow,
  { news, actor }: { readonly news: readonly OrderNews[]; readonly actor: string },
  seeMoves?: SeeMoves,
): Promise<readonly NewsOutcome[]> {
  const ids = [...new Set(news.map(({ orderId }) => orderId))];
  const before = await tx.couponOrders.lock(ids);
  const uses = await tx.couponOrders.usesOf(ids);
  const named = namedUnused(news, uses);
  const coupons = await couponsOf(tx, named);
  const book = await GrantBook.open(tx, readNow, uses, coupons);
  const { now } = book;
  const unused = await readUnused(
    tx,
    named.filter(({ couponId }) => coupons.includes(couponId)),
  );
  await freeBudgets(tx, book, latePayments(book, { news, uses, now }), now);
  const orders = new Map(before.map((order) => [order.orderId, order]));
  const outcomes = news.map((each): NewsOutcome => {
    const order = orders.get(each.orderId);
    assert(order !== undefined, `order ${each.orderId} is locked`);
    const { order: told, steps, verdict } = decideNews(order, each);
    if (verdict !== 'news') return verdict === 'known' ? 'unchanged' : 'conflict';
    const own = uses.filter(({ orderId }) => orderId === each.orderId);
    orders.set(each.orderId, afterNews(told, now));
    const isAllDone = takeSteps(book, { news: each, steps, uses: own, actor });
    if (told.state === 'paid') tellUnused(book, each, { unused, now, actor });
    return isAllDone && holdsAll(book, { news: each, uses: own, now }) ? 'applied' : 'conflict';
  });
  const journaled = await book.close();
  seeMoves?.(journaled);
  const changed = before.flatMap((order) => orders.get(order.orderId) ?? []).filter((order) => !before.includes(order));
  if (changed.length > 0) await tx.couponOrders.update(changed);
  return outcomes;
}

/** What is paid for and not held any more: it takes of the budget anew. */
function latePayments(
  book: GrantBook,
  {
    news,
    uses,
    now,
  }: { readonly news: readonly OrderNews[]; readonly uses: readonly OrderUse[]; readonly now: EpochMs },
): readonly OrderUse[] {
  const paid = new Set(news.filter(({ kind }) => kind === 'paid').map(({ orderId }) => orderId));
  return uses.filter((use) => paid.has(use.orderId) && holdingOf(use.orderId, book.grant(use), now) === 'none');
}

/** Only an order that may still be paid for keeps the timer of its lock. */
const afterNews = (order: CouponOrder, now: EpochMs): CouponOrder => ({
  ...order,
  lockEndsAt: order.state === 'created' ? order.lockEndsAt : undefined,
  forgetAt: order.ordinal === undefined ? addMs(now, REMEMBERED_MS) : undefined,
});

/** False when a payment found a grant that it could not have. */
function takeSteps(
  book: GrantBook,
  {
    news,
    steps,
    uses,
    actor,
  }: {
    readonly news: OrderNews;
    readonly steps: readonly OrderStep[];
    readonly uses: readonly OrderUse[];
    readonly actor: string;
  },
): boolean {
  const endsGivenBack = steps.includes('giveBack');
  let isAllDone = true;
  for (const use of uses) {
    const { afterRefund } = book.coupon(use.couponId);
    for (const step of steps) {
      const signal = signalOf(step, use, { kind: news.kind, afterRefund });
      const obstacle = book.apply(use, signal, actor, { givenBackAtOnce: endsGivenBack });
      if (obstacle === undefined || step !== 'pay' || endsGivenBack) continue;
      const { orderId, amountMinor } = use;
      const holder = book.grant(use)?.use?.orderId;
      book.conflict(use, { orderId, amountMinor, by: obstacle, holder }, actor);
      isAllDone = false;
    }
  }
  return isAllDone;
}

/** An order that names its coupons is told when it does not hold them. */
function holdsAll(
  book: GrantBook,
  {
    news: { orderId, grants = [], kind },
    uses,
    now,
  }: { readonly news: OrderNews; readonly uses: readonly OrderUse[]; readonly now: EpochMs },
): boolean {
  if (kind === 'cancelled' || kind === 'refunded') return true;
  const own = new Map(uses.map((use) => [grantName(use), use]));
  return grants.every((key) => {
    const use = own.get(grantName(key));
    return use !== undefined && holdingOf(orderId, book.grant(use), now) !== 'none';
  });
}
