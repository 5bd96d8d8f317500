/**
 * Orders and their coupons: everybody's first order locks hers and is cancelled, so it is back; half order again and pay,
 * some of them are refunded. All news comes three times, some of it late; each is told under the version of its order.
 */
import { formatAmount, formatCount } from '../../cli/format-values.js';
import type { Scenario, ScenarioContext } from '../scenario.js';
import { showTally } from '../show-tally.js';
import { COUPON_DEMO_TEXT as T } from '../text/coupon-demo-text.js';
import { auditDifferences, logIn, openCoupon, readCoupon, someMembers } from './coupon-steps.js';
import { lockFor, tell, walletsOf, type DemoOrder } from './order-steps.js';

const SHOPPERS = 600;
const PAYING_SHARE = 0.5;
/** Of those who pay. */
const REFUNDED_SHARE = 0.25;
const OFFER = {
  name: T.orderCoupon,
  terms: {
    issue: 'platform',
    rule: { kind: 'fullReduction', tiers: [{ thresholdMinor: '9900', reductionMinor: '2000' }] },
    afterRefund: 'available',
  },
} as const;
/** Versions of an order, as its system counts them. */
const [CREATED, CHANGED, REFUNDED] = [1, 2, 3];

export const orderCancel: Scenario = {
  name: 'order-cancel',
  summary: T.orderSummary,
  play: async (context) => {
    const { id } = await openCoupon(context, OFFER);
    const shoppers = await someMembers(context, { count: SHOPPERS });
    await logIn(context, shoppers);
    const first = await orderAndCancel(context, id, shoppers);
    const kept = await orderAndPay(context, id, { shoppers, first });
    const wallets = [...(await walletsOf(context, id, shoppers)).values()];
    const coupon = await readCoupon(context, id);
    const available = wallets.filter(({ state }) => state === 'available').length;
    const differences = showTally(context, [
      { what: T.granted, counted: shoppers.length, books: coupon.granted },
      { what: T.redeemedCount, counted: kept.length, books: coupon.redeemed },
      { what: T.lockedCount, counted: 0, books: coupon.locked },
      { what: T.redeemedMoney, counted: sumOf(kept), books: Number(coupon.redeemedMinor), show: yuan },
      { what: T.availableAgain, counted: shoppers.length - kept.length, books: available },
      { what: T.auditDifferences, counted: 0, books: await auditDifferences(context) },
    ]);
    return {
      differences,
      agrees: T.agrees,
      next: [
        [context.say(T.nextCoupon), `coupons show ${id}`],
        [context.say(T.nextWallet), `members coupons ${shoppers[0] ?? ''}`],
      ],
    };
  },
};

/** Everybody orders; nobody pays. Answers whether this is the first start that asks. */
async function orderAndCancel(
  context: ScenarioContext,
  id: number,
  shoppers: readonly string[],
): Promise<{ readonly orders: readonly DemoOrder[]; readonly isFirst: boolean }> {
  const { stages, say, clock } = context;
  const orders = ordersOf('first', shoppers);
  const startedMs = clock.monotonicMs();
  const locked = await lockFor(context, orders, await walletsOf(context, id, shoppers));
  const isFirst = locked.size > 0; // orders of an earlier start have ended
  await tell(context, 'created', { orders, version: CREATED });
  const lockedMs = clock.monotonicMs();
  const placed = say(isFirst ? T.locked : T.lockedBefore, formatCount(orders.length));
  stages.done(say(T.lockStage), placed, lockedMs - startedMs);
  await tell(context, 'cancelled', { orders, version: CHANGED });
  const wallets = await walletsOf(context, id, shoppers);
  const back = [...wallets.values()].filter(({ state }) => state === 'available').length;
  const text = say(isFirst ? T.cancelled : T.cancelledBefore, formatCount(orders.length), formatCount(back));
  stages.done(say(T.cancelStage), text, clock.monotonicMs() - lockedMs);
  return { orders, isFirst };
}

/** Some order again and pay, and some of those get their money back; answers the discounts of those that stay paid. */
async function orderAndPay(
  context: ScenarioContext,
  id: number,
  {
    shoppers,
    first: { orders: cancelled, isFirst },
  }: { readonly shoppers: readonly string[]; readonly first: Awaited<ReturnType<typeof orderAndCancel>> },
): Promise<readonly number[]> {
  const { stages, say, clock } = context;
  const orders = ordersOf('second', shoppers.slice(0, Math.ceil(shoppers.length * PAYING_SHARE)));
  const refunded = orders.slice(0, Math.floor(orders.length * REFUNDED_SHARE));
  const startedMs = clock.monotonicMs();
  const discounts = await lockFor(context, orders, await walletsOf(context, id, shoppers));
  await tell(context, 'paid', { orders, version: CHANGED });
  await tell(context, 'cancelled', { orders: cancelled, version: CHANGED }); // once more, of orders that are over
  await tell(context, 'cancelled', { orders, version: CREATED }); // older than the payment
  const paidMs = clock.monotonicMs();
  stages.done(say(T.paidStage), say(isFirst ? T.paid : T.paidBefore, formatCount(orders.length)), paidMs - startedMs);
  await tell(context, 'refunded', { orders: refunded, version: REFUNDED });
  const text = say(isFirst ? T.refunded : T.refundedBefore, formatCount(refunded.length));
  stages.done(say(T.refundStage), text, clock.monotonicMs() - paidMs);
  return orders.slice(refunded.length).map((order) => discounts.get(order) ?? 0);
}

const yuan = (minor: number): string => formatAmount(`${minor}`, 'CNY');

const ordersOf = (name: string, memberIds: readonly string[]): readonly DemoOrder[] =>
  memberIds.map((memberId) => ({ orderId: `${name}-of-${memberId}`, memberId }));

const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);
