import fc from 'fast-check';
import { couponId, ordinal, promotionId } from '../../src/core/ids.js';
import { addMs, DAY_MS, epochMs } from '../../src/core/time.js';
import type { Coupon, CouponStacking } from '../../src/coupon/coupon.js';
import { newGrant } from '../../src/coupon/grant/grant.js';
import type { Basket, BasketLine } from '../../src/coupon/quote/basket.js';
import type { HeldGrant } from '../../src/coupon/quote/quote-order.js';
import type { Promotion, PromotionRule, PromotionScope } from '../../src/promotion/promotion.js';
import { aCoupon } from './coupon-builder.js';

export const QUOTE_NOW = epochMs(1_800_000_000_000);

export const line = (unitPriceMinor: bigint, changes: Partial<BasketLine> = {}): BasketLine => ({
  productId: 'tea',
  shopNumber: undefined,
  categoryIds: [],
  quantity: 1,
  unitPriceMinor,
  ...changes,
});

export const basketOf = (...lines: readonly BasketLine[]): Basket => ({ currency: 'CNY', lines });

/** A coupon as a member holds it: its `n`th grant of it. */
export const held = (id: number, rule: PromotionRule, changes: Partial<Coupon> = {}, n = 1): HeldGrant => ({
  grant: newGrant({ couponId: couponId(id), ordinal: ordinal(0), n }, addMs(QUOTE_NOW, -DAY_MS), undefined),
  coupon: aCoupon(QUOTE_NOW, id, { storedState: 'active', rule, stacking: 'withOthers', ...changes }),
});

export const running = (id: number, rule: PromotionRule, changes: Partial<Promotion> = {}): Promotion => ({
  id: promotionId(id),
  version: 1,
  name: `Promotion ${id}`,
  description: undefined,
  rule,
  currency: 'CNY',
  scope: { kind: 'wholeShop' },
  startsAt: addMs(QUOTE_NOW, -DAY_MS),
  endsAt: addMs(QUOTE_NOW, DAY_MS),
  createdBy: 'alice',
  createdAt: addMs(QUOTE_NOW, -DAY_MS),
  editedAt: undefined,
  endedAt: undefined,
  campaignId: undefined,
  ...changes,
});

const PRODUCTS = ['tea', 'pot', 'cup', 'tin'] as const;
const CATEGORIES = ['drink', 'ware', 'gift'] as const;
const SHOPS = ['s1', 's2'] as const;

/** Small amounts, where roundings and thresholds meet often, and some as large as orders get. */
const amount = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt(1n, 40n) },
  { weight: 2, arbitrary: fc.bigInt(1n, 100_000n) },
  { weight: 1, arbitrary: fc.bigInt(1n, 10_000_000_000_000n) },
);

const lineArbitrary: fc.Arbitrary<BasketLine> = fc.record({
  productId: fc.constantFrom(...PRODUCTS),
  shopNumber: fc.constantFrom(undefined, ...SHOPS),
  categoryIds: fc.subarray([...CATEGORIES]),
  quantity: fc.integer({ min: 1, max: 3 }),
  unitPriceMinor: fc.oneof({ weight: 9, arbitrary: amount }, { weight: 1, arbitrary: fc.constant(0n) }),
});

export const basketArbitrary: fc.Arbitrary<Basket> = fc
  .array(lineArbitrary, { minLength: 1, maxLength: 8 })
  .map((lines) => basketOf(...lines));

const ascending = (values: readonly bigint[]): bigint[] =>
  [...new Set(values)].sort((left, right) => (left < right ? -1 : 1));

/** Rules that `checkOffer` lets pass. */
export const ruleArbitrary: fc.Arbitrary<PromotionRule> = fc.oneof(
  fc
    .tuple(
      fc.array(amount, { minLength: 1, maxLength: 3 }),
      fc.array(amount, { minLength: 3, maxLength: 3 }),
      fc.boolean(),
    )
    .map(([thresholds, cuts, isRepeating]): PromotionRule => {
      const reductions = ascending(cuts);
      const tiers = ascending(thresholds).flatMap((thresholdMinor, index) => {
        const reductionMinor = reductions[index];
        return reductionMinor === undefined || reductionMinor > thresholdMinor
          ? []
          : [{ thresholdMinor, reductionMinor }];
      });
      if (tiers.length === 0) return { kind: 'directCut', cutMinor: 1n };
      return { kind: 'fullReduction', tiers, isRepeating: isRepeating && tiers.length === 1 };
    }),
  amount.map((cutMinor): PromotionRule => ({ kind: 'directCut', cutMinor })),
  fc.oneof(fc.constant(0n), amount).map((thresholdMinor): PromotionRule => ({
    kind: 'gift',
    thresholdMinor,
    gifts: [{ productId: 'spoon', quantity: 1 }],
  })),
  fc
    .tuple(fc.integer({ min: 1, max: 9_999 }), fc.option(amount, { nil: undefined }))
    .map(([discountBps, maxReductionMinor]): PromotionRule => ({ kind: 'discount', discountBps, maxReductionMinor })),
);

export const scopeArbitrary: fc.Arbitrary<PromotionScope> = fc.oneof(
  fc.constant<PromotionScope>({ kind: 'wholeShop' }),
  fc.constantFrom(...SHOPS).map((shopNumber): PromotionScope => ({ kind: 'seller', shopNumber })),
  fc
    .subarray([...CATEGORIES], { minLength: 1 })
    .map((categoryIds): PromotionScope => ({ kind: 'categories', categoryIds })),
  fc.subarray([...PRODUCTS], { minLength: 1 }).map((productIds): PromotionScope => ({ kind: 'products', productIds })),
);

const stackingArbitrary: fc.Arbitrary<CouponStacking> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<CouponStacking>('withOthers') },
  { weight: 1, arbitrary: fc.constant<CouponStacking>('alone') },
);

export const walletArbitrary = (maxCoupons: number): fc.Arbitrary<readonly HeldGrant[]> =>
  fc
    .array(fc.tuple(ruleArbitrary, scopeArbitrary, stackingArbitrary), { maxLength: maxCoupons })
    .map((coupons) => coupons.map(([rule, scope, stacking], index) => held(index + 1, rule, { scope, stacking })));

export const promotionsArbitrary: fc.Arbitrary<readonly Promotion[]> = fc
  .array(fc.tuple(ruleArbitrary, scopeArbitrary), { maxLength: 3 })
  .map((offers) => offers.map(([rule, scope], index) => running(index + 1, rule, { scope })));
