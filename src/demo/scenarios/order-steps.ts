/** The requests of an order system: locks before an order is placed, and its news, as often and as late as they come. */
import { z } from 'zod';
import { path } from '../../cli/api-client.js';
import { ApiProblem } from '../../cli/cli-errors.js';
import { walletPage } from '../../cli/coupon-view.js';
import type { ScenarioContext } from '../scenario.js';
import { DELIVERIES, inLanes, slicesOf } from './coupon-steps.js';

/** One line of 120 yuan. */
const BASKET = { currency: 'CNY', lines: [{ productId: 'SKU-1', unitPriceMinor: '12000' }] } as const;

export type OrderNews = 'created' | 'paid' | 'cancelled' | 'refunded';

export interface DemoOrder {
  readonly orderId: string;
  readonly memberId: string;
}

/** The order was cancelled or refunded, and locks nothing more. */
const ORDER_OVER = 'ORDER_STATE';
const orderAnswer = z.object({ discountMinor: z.string() });

/** What each member's coupon is: its grant and its state. */
export async function walletsOf(
  { api }: ScenarioContext,
  couponId: number,
  memberIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly grantId: string; readonly state: string }>> {
  const found = new Map<string, { readonly grantId: string; readonly state: string }>();
  await inLanes(memberIds, async (memberId) => {
    const { items } = (await api.get(path`/v1/members/${memberId}/coupons`, { limit: 200 })).read(walletPage);
    const own = items.find(({ coupon }) => coupon.id === couponId);
    if (own !== undefined) found.set(memberId, { grantId: own.grant.id, state: own.state });
  });
  return found;
}

/** Locks each member's coupon for an order of hers; answers what each order was told that it takes off. */
export async function lockFor(
  { api }: ScenarioContext,
  orders: readonly DemoOrder[],
  grants: Awaited<ReturnType<typeof walletsOf>>,
): Promise<ReadonlyMap<DemoOrder, number>> {
  const discounts = new Map<DemoOrder, number>();
  await inLanes(orders, async (order) => {
    const { orderId, memberId } = order;
    const grantIds = [grants.get(memberId)?.grantId ?? ''];
    try {
      const answer = await api.post('/v1/locks', { ...BASKET, orderId, memberId, grantIds });
      discounts.set(order, Number(answer.read(orderAnswer).discountMinor));
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === ORDER_OVER)) throw error; // an earlier start has ended it
    }
  });
  return discounts;
}

/** Tells news of orders; each message comes three times at once. */
export async function tell(
  { api }: ScenarioContext,
  news: OrderNews,
  { orders, version }: { readonly orders: readonly DemoOrder[]; readonly version: number },
): Promise<void> {
  await inLanes(slicesOf(orders), async (slice) => {
    const messages = slice.map(({ orderId }) => ({ orderId, version }));
    const deliver = () => api.post(`/v1/events/incoming/order.${news}`, messages);
    await Promise.all(Array.from({ length: DELIVERIES }, deliver));
  });
}
