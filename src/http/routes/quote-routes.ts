import { z } from 'zod';
import { ordinal } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { findOrdinal } from '../../membership/find-ordinal.js';
import { readMemberId } from '../../membership/read-member.js';
import type { HttpApp } from '../http-app.js';
import { basketBody, basketOf, quoteOutput, renderQuote } from '../quote-schemas.js';

const quoteBody = basketBody.extend({
  memberId: z
    .string()
    .min(1)
    .max(128)
    .nullish()
    .transform((value) => value ?? undefined)
    .describe('Whose coupons are looked at; without it, promotions alone'),
});

/** Prices of baskets, for the shop's own servers. */
export function registerQuoteRoutes<Tx extends CouponTx>(
  app: HttpApp,
  { store, desk }: { readonly store: Store<Tx>; readonly desk: CouponDesk<Tx> },
): void {
  app.post(
    '/v1/quotes',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: "Price a basket: running promotions, then the best of a member's coupons",
        description:
          'Holds nothing: a lock derives the price again. Of each kind of offer, gifts and full reductions are taken off ' +
          'first, then discounts, then direct cuts, promotions before coupons. All rounding is down to the minor unit. ' +
          'Whatever the platform owes the member by now is put into the wallet first.',
        body: quoteBody,
        response: { 200: quoteOutput },
      },
    },
    async ({ body }) => {
      const basket = basketOf(body);
      const { memberId } = body;
      const member =
        memberId === undefined
          ? undefined
          : ordinal(await store.read((tx) => findOrdinal(tx.members, readMemberId(memberId))));
      return renderQuote(await desk.quote(basket, member), basket);
    },
  );
}
