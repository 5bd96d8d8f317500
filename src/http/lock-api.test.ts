import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { addMs, DAY_MS, formatInstant, MINUTE_MS } from '../core/time.js';

interface OrderJson {
  readonly state: string;
  readonly lockEndsAt: string | null;
  readonly grants: readonly { readonly grantId: string; readonly holding: string }[];
}

describe('locks over HTTP', () => {
  let fixture: HttpFixture;
  let couponId: number;
  let grantId: string;
  beforeEach(async () => {
    fixture = await httpFixture({
      incoming: {
        OrderCanceledEvent: {
          kind: 'order.cancelled',
          group: 'fanfare',
          fields: { orderId: '/order/id', version: '/order/version' },
        },
      },
    });
    for (const id of ['ann', 'bo']) await send('PUT', `/v1/members/${id}`, {});
    const now = fixture.clock.now();
    const coupon = await send('POST', '/v1/coupons', {
      name: 'Five off',
      issue: 'selfClaim',
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      validity: { kind: 'days', days: 7 },
      opensAt: formatInstant(now),
      closesAt: formatInstant(addMs(now, 10 * DAY_MS)),
      budgetMinor: '700',
    });
    couponId = coupon.json<{ id: number }>().id;
    await send('POST', `/v1/coupons/${couponId}/activate`);
    const claims = await send('POST', `/v1/coupons/${couponId}/claims`, { memberIds: ['ann'] });
    grantId = claims.json<{ items: { grant: { id: string } }[] }>().items[0]?.grant.id ?? '';
  });
  afterEach(() => fixture.remove());

  const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) =>
    fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
  const lockBody = (orderId: string, changes: object = {}) => ({
    orderId,
    memberId: 'ann',
    currency: 'CNY',
    lines: [{ productId: 'p-1', unitPriceMinor: '10000' }],
    grantIds: [grantId],
    ...changes,
  });
  const lock = (orderId: string, changes: object = {}) => send('POST', '/v1/locks', lockBody(orderId, changes));
  const grant = async () => (await send('GET', `/v1/grants/${grantId}`)).json<object>();
  const tell = (topic: string, body: object) => send('POST', `/v1/events/incoming/${topic}`, body);

  it('take a coupon from the wallet to the payment and back, with the books beside it', async () => {
    const locked = (await lock('o-1')).json<OrderJson>();
    expect(locked).toEqual({
      orderId: 'o-1',
      memberId: 'ann',
      state: 'open',
      version: null,
      lockEndsAt: formatInstant(addMs(fixture.clock.now(), 15 * MINUTE_MS)),
      discountMinor: '500',
      grants: [{ grantId, couponId, discountMinor: '500', holding: 'locked' }],
    });
    expect(await grant()).toMatchObject({ state: 'locked', orderId: 'o-1', memberId: 'ann', discountMinor: '500' });
    const wallet = await send('GET', '/v1/members/ann/coupons?state=locked');
    expect(wallet.json()).toMatchObject({ items: [{ grant: { id: grantId }, state: 'locked' }] });
    const books = async () => (await send('GET', `/v1/coupons/${couponId}`)).json<object>();
    expect(await books()).toMatchObject({
      budgetMinor: '700',
      freeMinor: '200',
      lockedMinor: '500',
      redeemedMinor: '0',
    });

    expect((await tell('order.created', { orderId: 'o-1', version: 1, grantIds: grantId })).json()).toEqual({
      results: [{ outcome: 'applied' }],
    });
    await tell('order.paid', { orderId: 'o-1', version: 2, grantIds: [grantId] });
    expect(await grant()).toMatchObject({ state: 'redeemed', orderId: 'o-1', lockEndsAt: null });
    expect(await books()).toMatchObject({ freeMinor: '200', lockedMinor: '0', redeemedMinor: '500', redeemed: 1 });
    await tell('order.refunded', { orderId: 'o-1', version: 3 });
    expect(await grant()).toMatchObject({ state: 'available', orderId: null, discountMinor: null });
    expect(await books()).toMatchObject({ freeMinor: '700', redeemed: 0 });
    expect((await send('GET', '/v1/locks/o-1')).json()).toMatchObject({
      state: 'refunded',
      version: 3,
      grants: [{ grantId, holding: 'none' }],
    });
  });

  it('come back by an order system’s own cancel, mapped by pointers', async () => {
    await lock('7210448301000123457');
    const cancel = { order: { id: '7210448301000123457', version: 4 } };
    expect((await tell('OrderCanceledEvent', cancel)).json()).toEqual({ results: [{ outcome: 'applied' }] });
    expect((await tell('OrderCanceledEvent', cancel)).json()).toEqual({ results: [{ outcome: 'unchanged' }] });
    expect(await grant()).toMatchObject({ state: 'available' });
    expect((await lock('7210448301000123457')).json()).toMatchObject({ code: 'ORDER_STATE' });
    const journal = (await send('GET', `/v1/coupons/${couponId}/journal?limit=2`)).json<{ nextCursor: string }>();
    expect(journal).toMatchObject({
      items: [
        { move: 'granted', actor: 'claim', why: null },
        { move: 'locked', why: 'lock', orderId: '7210448301000123457', amountMinor: '500' },
      ],
    });
    const rest = await send('GET', `/v1/coupons/${couponId}/journal?cursor=${journal.nextCursor}`);
    expect(rest.json()).toMatchObject({
      items: [{ move: 'released', why: 'cancelled', actor: 'OrderCanceledEvent', position: 3 }],
      nextCursor: null,
    });
  });

  it('of coupons that do not exist are refused without a transaction', async () => {
    const transactions = vi.spyOn(fixture.store, 'transaction');
    const madeUp = Array.from({ length: 20 }, (_, index) => `${1_000 + index}-0-1`);
    const refused = await lock('o-1', { grantIds: madeUp });
    expect(refused.statusCode).toBe(409);
    expect(refused.json()).toMatchObject({
      code: 'LOCK_REFUSED',
      values: { refusals: madeUp.map((name) => ({ grantId: name, reason: 'unknownGrant' })) },
    });
    expect(transactions).not.toHaveBeenCalled();
    transactions.mockRestore();
    expect((await lock('o-1')).statusCode).toBe(200);
  });

  it('say why nothing was locked', async () => {
    await lock('o-1');
    const refused = await lock('o-2');
    expect(refused.statusCode).toBe(409);
    expect(refused.json()).toMatchObject({
      code: 'LOCK_REFUSED',
      values: { refusals: [{ grantId, reason: 'locked' }] },
    });
    expect((await lock('o-3', { memberId: 'bo' })).json()).toMatchObject({
      values: { refusals: [{ grantId, reason: 'unknownGrant' }] },
    });
    for (const changes of [
      { grantIds: [grantId, grantId] },
      { grantIds: ['five'] },
      { grantIds: [] },
      { lockSeconds: 0 },
      { lockSeconds: 604_801 },
      { lines: [] },
      { orderId: ' ' },
    ]) {
      expect((await lock('o-4', changes)).statusCode, JSON.stringify(changes)).toBe(400);
    }
    expect((await lock('o-4', { memberId: 'nobody' })).statusCode).toBe(404);
    expect((await send('GET', '/v1/locks/o-4')).statusCode).toBe(404);
    expect((await send('DELETE', '/v1/locks/o-4')).statusCode).toBe(404);
  });

  it('end by a request, and a coupon that is free can be revoked', async () => {
    await lock('o-1', { lockSeconds: 60 });
    expect((await send('POST', `/v1/grants/${grantId}/revoke`)).json()).toMatchObject({ code: 'GRANT_STATE' });
    expect((await send('DELETE', '/v1/locks/o-1')).json()).toMatchObject({ lockEndsAt: null, grants: [] });
    expect((await send('POST', `/v1/grants/${grantId}/revoke`)).json()).toMatchObject({ state: 'revoked' });
    expect((await lock('o-1')).json()).toMatchObject({ values: { refusals: [{ reason: 'revoked' }] } });
    expect((await send('GET', '/v1/grants/99-1-1')).statusCode).toBe(404);
    expect((await send('GET', `/v1/grants/${couponId}-55-1`)).statusCode).toBe(404);
  });
});
