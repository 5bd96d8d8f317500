import type { EpochMs } from '../../core/time.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { CouponPrice, PriceGrants } from './lock-coupons.js';
import type { Basket } from '../quote/basket.js';
import { quoteExactly } from '../quote/quote.js';
import { grantName } from '../grant/grant.js';

/** What coupons take off a basket that the running promotions count for already: the same sums as in a quote. */
export const priceOf =
  (basket: Basket, promotions: readonly Promotion[]): PriceGrants =>
  (grants, now: EpochMs) => {
    const priced = quoteExactly({ basket, promotions, grants, now });
    const prices = new Map<string, CouponPrice>();
    if (priced.kind === 'refused') {
      for (const { offer, reason } of priced.refusals) prices.set(grantName(offer.grant), { refusal: reason });
    } else {
      for (const { offer, discountMinor } of priced.quote.coupons)
        prices.set(grantName(offer.grant), { discountMinor });
    }
    return prices;
  };
