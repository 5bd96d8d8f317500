import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { addMs, DAY_MS, formatInstant } from '../core/time.js';

interface QuoteJson {
  readonly discountMinor: string;
  readonly payableMinor: string;
  readonly promotions: readonly { readonly promotionId: number; readonly discountMinor: string }[];
  readonly coupons: readonly { readonly grantId: string; readonly couponId: number; readonly discountMinor: string }[];
  readonly notApplied: { readonly coupons: readonly { readonly couponId: number; readonly reason: string }[] };
  readonly lines: readonly { readonly payableMinor: string }[];
}

describe('quotes over HTTP', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
    await send('PUT', '/v1/members/ann', {});
  });
  afterEach(() => fixture.remove());

  const send = (method: 'POST' | 'PUT', url: string, body: object) =>
    fixture.app.inject({ method, url, headers: { host: 'localhost' }, payload: body });
  const quote = async (body: object) =>
    (await send('POST', '/v1/quotes', { currency: 'CNY', ...body })).json<QuoteJson>();
  const times = () => ({
    from: formatInstant(fixture.clock.now()),
    until: formatInstant(addMs(fixture.clock.now(), DAY_MS)),
  });
  const promotion = async (rule: object) => {
    const { from, until } = times();
    const body = { name: `P ${JSON.stringify(rule)}`, rule, currency: 'CNY', startsAt: from, endsAt: until };
    return (await send('POST', '/v1/promotions', body)).json<{ id: number }>().id;
  };
  const coupon = async (rule: object, changes: object = {}) => {
    const { from, until } = times();
    const validity = { kind: 'days', days: 7 };
    const body = { name: 'C', issue: 'platform', rule, currency: 'CNY', validity, opensAt: from, closesAt: until };
    const { id } = (await send('POST', '/v1/coupons', { ...body, ...changes })).json<{ id: number }>();
    await send('POST', `/v1/coupons/${id}/activate`, {});
    return id;
  };
  const LINES = [
    { productId: 'tea', unitPriceMinor: '600', quantity: 2, categoryIds: ['drink'] },
    { productId: 'pot', unitPriceMinor: 800, shopNumber: 's2' },
  ];

  it('price a basket with what runs and what the member holds, and say why not of the rest', async () => {
    const running = await promotion({ kind: 'discount', discountBps: 1_000 });
    const mine = await coupon({ kind: 'directCut', cutMinor: '500' }, { stacking: 'withOthers' });
    const far = await coupon({
      kind: 'fullReduction',
      tiers: [{ thresholdMinor: '5000', reductionMinor: '900' }],
      isRepeating: false,
    });
    const dollars = await coupon({ kind: 'directCut', cutMinor: '1' }, { currency: 'USD' });
    const answer = await quote({ memberId: 'ann', lines: LINES });
    expect(answer).toMatchObject({
      currency: 'CNY',
      amountMinor: '2000',
      discountMinor: '700',
      payableMinor: '1300',
      promotions: [{ promotionId: running, discountMinor: '200', gifts: [] }],
      coupons: [{ grantId: `${mine}-0-1`, couponId: mine, name: 'C', discountMinor: '500' }],
      isExact: true,
    });
    expect(answer.lines.map(({ payableMinor }) => payableMinor)).toEqual(['780', '520']);
    expect(answer.notApplied.coupons).toMatchObject([
      { couponId: far, reason: 'belowThreshold', missingMinor: '3200' },
      { couponId: dollars, reason: 'otherCurrency', missingMinor: '0' },
    ]);
  });

  it('give nobody but members coupons', async () => {
    await promotion({ kind: 'directCut', cutMinor: '100' });
    await coupon({ kind: 'directCut', cutMinor: '500' });
    expect(await quote({ lines: LINES })).toMatchObject({ discountMinor: '100', coupons: [] });
    expect(await quote({ lines: LINES, memberId: 'nobody' })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('see a promotion that was ended, and a coupon that is valid no more', async () => {
    const id = await promotion({ kind: 'directCut', cutMinor: '100' });
    await coupon({ kind: 'directCut', cutMinor: '500' });
    expect(await quote({ lines: LINES, memberId: 'ann' })).toMatchObject({ discountMinor: '600' });
    await send('POST', `/v1/promotions/${id}/end`, {});
    expect(await quote({ lines: LINES, memberId: 'ann' })).toMatchObject({ discountMinor: '500' });
    fixture.clock.advance(8 * DAY_MS);
    expect(await quote({ lines: LINES, memberId: 'ann' })).toMatchObject({ discountMinor: '0' });
  });

  it.each([
    ['no lines', { lines: [] }],
    ['201 lines', { lines: Array.from({ length: 201 }, () => LINES[0]) }],
    ['a price below 0', { lines: [{ productId: 'tea', unitPriceMinor: -1 }] }],
    ['a price that JSON rounds', { lines: [{ productId: 'tea', unitPriceMinor: 2 ** 60 }] }],
    ['more money than there is', { lines: [{ productId: 'tea', unitPriceMinor: '9999999999999999' }] }],
    ['a quantity of 0', { lines: [{ productId: 'tea', unitPriceMinor: 1, quantity: 0 }] }],
    ['no currency', { currency: 'yuan', lines: LINES }],
    ['an unknown key', { lines: LINES, discountMinor: '5' }],
  ])('refuse a basket with %s', async (_, body) => {
    expect(await quote(body)).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
