/** A priced basket as the API answers it, and as people read it. */
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import { formatAmount } from './format-values.js';
import { renderPairs, renderTable } from './tables.js';
import { ORDER_TEXT as T } from './text/order-text.js';
import type { Say } from './wording.js';

const applied = { discountMinor: z.string(), gifts: z.array(z.object({ productId: z.string(), quantity: z.int() })) };
const notApplied = { reason: z.string() };
const promotion = { promotionId: z.int(), name: z.string() };
const coupon = { grantId: z.string(), name: z.string() };

export const quoteAnswer = z.object({
  currency: z.string(),
  amountMinor: z.string(),
  payableMinor: z.string(),
  promotions: z.array(z.object({ ...promotion, ...applied })),
  coupons: z.array(z.object({ ...coupon, ...applied })),
  notApplied: z.object({
    promotions: z.array(z.object({ ...promotion, ...notApplied })),
    coupons: z.array(z.object({ ...coupon, ...notApplied })),
  }),
  isExact: z.boolean(),
});
export type QuoteAnswer = z.output<typeof quoteAnswer>;

/** The sum as it comes about, then what is not taken off. */
export function renderQuote(quote: QuoteAnswer, { say }: Pick<CliContext, 'say'>): string {
  const money = (amountMinor: string): string => formatAmount(amountMinor, quote.currency);
  const left = [...quote.notApplied.promotions, ...quote.notApplied.coupons];
  const sum = renderPairs([
    [say(T.fieldBasket), money(quote.amountMinor)],
    ...[...quote.promotions, ...quote.coupons].map((offer): [string, string] => [
      `- ${nameOf(offer, say)}`,
      [money(offer.discountMinor), ...offer.gifts.map((gift) => say(T.gift, gift.quantity, gift.productId))].join(', '),
    ]),
    [say(T.fieldPayable), money(quote.payableMinor)],
  ]);
  if (left.length === 0) return sum;
  const table = renderTable(
    [
      { title: say(T.fieldOffer), value: (offer) => nameOf(offer, say) },
      { title: say(T.fieldReason), value: ({ reason }) => reasonWords(reason, say) },
    ],
    left,
  );
  return `${sum}\n${say(T.notTaken)}\n${table}`;
}

function nameOf(
  offer: { readonly name: string } & ({ readonly promotionId: number } | { readonly grantId: string }),
  say: Say,
): string {
  return 'promotionId' in offer
    ? say(T.promotionOffer, offer.promotionId, offer.name)
    : say(T.couponOffer, offer.grantId, offer.name);
}

const reasonWords = (reason: string, say: Say): string => {
  const words = T.reasons[reason];
  return words === undefined ? reason : say(words);
};
