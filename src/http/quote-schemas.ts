/** Baskets and quotes as they cross the HTTP edge. */
import { z } from 'zod';
import { MAX_BASKET_LINES, MAX_LINE_CATEGORIES, MAX_LINE_QUANTITY, type Basket } from '../coupon/quote/basket.js';
import { grantName } from '../coupon/grant/grant.js';
import { QUOTE_REASONS, type Applied, type NotApplied, type Quote } from '../coupon/quote/quote.js';
import type { WalletItem } from '../coupon/grant/wallet.js';
import type { Promotion } from '../promotion/promotion.js';
import { amountInput, amountOutput, idOutput } from './schemas.js';

const idText = z.string().min(1).max(64);

const basketLine = z.strictObject({
  productId: idText,
  shopNumber: idText
    .nullish()
    .transform((value) => value ?? undefined)
    .describe('The seller of it, where there are several'),
  categoryIds: z.array(idText).max(MAX_LINE_CATEGORIES).default([]),
  quantity: z.int().min(1).max(MAX_LINE_QUANTITY).default(1),
  unitPriceMinor: amountInput.describe('Before every discount, in minor units'),
});

export const basketBody = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'Write the currency by ISO 4217 in capitals, such as CNY.')
    .describe('ISO 4217 code of every price; offers in other currencies do not count'),
  lines: z.array(basketLine).min(1).max(MAX_BASKET_LINES),
});

/** The body is a basket but for what else its route asks. */
export const basketOf = ({ currency, lines }: z.output<typeof basketBody>): Basket => ({ currency, lines });

const gifts = z.array(z.object({ productId: z.string(), quantity: z.int().positive() }));
const discountMinor = amountOutput.describe('0 for gifts');
const notApplied = {
  reason: z.enum(QUOTE_REASONS),
  missingMinor: amountOutput.describe('How much more its lines would have to cost, where that is the reason'),
};
const promotionName = { promotionId: idOutput, name: z.string() };
const grantNames = { grantId: z.string(), couponId: idOutput, name: z.string() };

export const quoteOutput = z
  .object({
    currency: z.string(),
    amountMinor: amountOutput.describe('Before discounts'),
    discountMinor: amountOutput,
    payableMinor: amountOutput,
    promotions: z
      .array(z.object({ ...promotionName, discountMinor, gifts }))
      .describe('In the order in which they are taken off'),
    coupons: z
      .array(z.object({ ...grantNames, discountMinor, gifts }))
      .describe('The best that may be used together, taken off behind the promotions, in this order'),
    notApplied: z.object({
      promotions: z.array(z.object({ ...promotionName, ...notApplied })),
      coupons: z.array(z.object({ ...grantNames, ...notApplied })),
    }),
    lines: z.array(z.object({ payableMinor: amountOutput })).describe('In the order of the request'),
    isExact: z
      .boolean()
      .describe('False where more than twelve coupons may be used together: then not every combination was tried'),
  })
  .meta({ id: 'Quote' });

export const renderQuote = (
  quote: Quote<Promotion, WalletItem>,
  { currency }: Pick<Basket, 'currency'>,
): z.output<typeof quoteOutput> => ({
  currency,
  amountMinor: quote.amountMinor.toString(),
  discountMinor: quote.discountMinor.toString(),
  payableMinor: quote.payableMinor.toString(),
  promotions: quote.promotions.map((each) => ({ ...namesOfPromotion(each.offer), ...renderApplied(each) })),
  coupons: quote.coupons.map((each) => ({ ...namesOfGrant(each.offer), ...renderApplied(each) })),
  notApplied: {
    promotions: quote.promotionsNotApplied.map((each) => ({ ...namesOfPromotion(each.offer), ...renderNot(each) })),
    coupons: quote.couponsNotApplied.map((each) => ({ ...namesOfGrant(each.offer), ...renderNot(each) })),
  },
  lines: quote.linePayableMinor.map((payableMinor) => ({ payableMinor: payableMinor.toString() })),
  isExact: quote.isExact,
});

const namesOfPromotion = ({ id, name }: Promotion) => ({ promotionId: id, name });

const namesOfGrant = ({ grant, coupon }: WalletItem) => ({
  grantId: grantName(grant),
  couponId: coupon.id,
  name: coupon.name,
});

const renderApplied = ({ discountMinor: discount, gifts: given }: Applied<unknown>) => ({
  discountMinor: discount.toString(),
  gifts: given.map((gift) => ({ ...gift })),
});

const renderNot = ({ reason, missingMinor }: NotApplied<unknown>) => ({
  reason,
  missingMinor: missingMinor.toString(),
});
