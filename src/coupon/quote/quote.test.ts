import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  basketArbitrary,
  basketOf,
  held,
  line,
  promotionsArbitrary,
  QUOTE_NOW,
  running,
  walletArbitrary,
} from '../../../test/support/quote-builder.js';
import { oracleQuote } from '../../../test/support/quote-oracle.js';
import { addMs, DAY_MS } from '../../core/time.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { Basket } from './basket.js';
import { quoteBest, quoteExactly } from './quote.js';
import type { HeldGrant } from './quote-order.js';

const now = QUOTE_NOW;
const best = (basket: Basket, grants: readonly HeldGrant[], promotions: readonly Promotion[] = []) =>
  quoteBest({ basket, promotions, grants, now });
const exactly = (basket: Basket, grants: readonly HeldGrant[], promotions: readonly Promotion[] = []) =>
  quoteExactly({ basket, promotions, grants, now });
const cut = (cutMinor: bigint) => ({ kind: 'directCut', cutMinor }) as const;
const off = (discountBps: number, maxReductionMinor?: bigint) =>
  ({ kind: 'discount', discountBps, maxReductionMinor }) as const;
const full = (thresholdMinor: bigint, reductionMinor: bigint, isRepeating = false) =>
  ({ kind: 'fullReduction', tiers: [{ thresholdMinor, reductionMinor }], isRepeating }) as const;
const gift = (thresholdMinor: bigint) =>
  ({ kind: 'gift', thresholdMinor, gifts: [{ productId: 'spoon', quantity: 2 }] }) as const;
const used = ({ coupons }: ReturnType<typeof best>) =>
  coupons.map(({ offer, discountMinor }) => [offer.coupon.id, discountMinor]);
const whyNot = ({ couponsNotApplied }: ReturnType<typeof best>) =>
  couponsNotApplied.map(({ offer, reason, missingMinor }) => [offer.coupon.id, reason, missingMinor]);

describe('a quote', () => {
  it('takes promotions off first, then coupons; thresholds before shares before fixed cuts', () => {
    const wallet = [held(1, cut(100n)), held(2, off(5_000)), held(3, full(800n, 200n)), held(4, gift(900n))];
    const quote = best(basketOf(line(1_000n)), wallet, [running(2, cut(10n)), running(1, off(1_000))]);
    expect(quote.promotions.map(({ offer, discountMinor }) => [offer.id, discountMinor])).toEqual([
      [1, 100n],
      [2, 10n],
    ]);
    // 890 are left: the gift asks for 900. 200 of 890, half of 690, 100 of 345.
    expect(used(quote)).toEqual([
      [3, 200n],
      [2, 345n],
      [1, 100n],
    ]);
    expect(whyNot(quote)).toEqual([[4, 'belowThreshold', 10n]]);
    expect(quote).toMatchObject({ amountMinor: 1_000n, discountMinor: 755n, payableMinor: 245n, isExact: true });
  });

  it('rounds each share down to the minor unit, and gives every line its own', () => {
    const quote = best(basketOf(line(5n), line(5n, { productId: 'pot' })), [held(1, off(3_333))]);
    expect(used(quote)).toEqual([[1, 3n]]);
    expect(quote.linePayableMinor.toSorted()).toEqual([3n, 4n]);
    expect(quote.payableMinor).toBe(7n);
  });

  it('counts the highest tier that is reached, or every full threshold', () => {
    const tiers = [
      { thresholdMinor: 300n, reductionMinor: 40n },
      { thresholdMinor: 500n, reductionMinor: 80n },
    ];
    const tiered = held(1, { kind: 'fullReduction', tiers, isRepeating: false });
    const discounts = [299n, 300n, 499n, 500n, 5_000n].map(
      (price) => best(basketOf(line(price)), [tiered]).discountMinor,
    );
    expect(discounts).toEqual([0n, 40n, 40n, 80n, 80n]);
    const repeating = [299n, 300n, 899n, 900n].map(
      (price) => best(basketOf(line(price)), [held(1, full(300n, 40n, true))]).discountMinor,
    );
    expect(repeating).toEqual([0n, 40n, 80n, 120n]);
  });

  it('counts the lines in scope, and takes no more than they still cost', () => {
    const tea = line(200n, { productId: 'tea', shopNumber: 's1', categoryIds: ['drink'] });
    const pot = line(700n, { productId: 'pot', shopNumber: 's2', categoryIds: ['ware'] });
    const basket = basketOf(tea, pot);
    const scopes = [
      { kind: 'seller', shopNumber: 's1' },
      { kind: 'categories', categoryIds: ['drink', 'food'] },
      { kind: 'products', productIds: ['tea', 'cup'] },
    ] as const;
    for (const scope of scopes) {
      const quote = best(basket, [held(1, cut(500n), { scope })]);
      expect([quote.discountMinor, quote.linePayableMinor]).toEqual([200n, [0n, 700n]]);
    }
    const none = best(basket, [held(1, cut(5n), { scope: { kind: 'products', productIds: ['cup'] } })]);
    expect(whyNot(none)).toEqual([[1, 'outOfScope', 0n]]);
  });

  it('says why each other offer does not count', () => {
    const basket = basketOf(line(100n));
    const future = { kind: 'window', startsAt: addMs(now, 1), endsAt: addMs(now, DAY_MS) } as const;
    const past = { kind: 'window', startsAt: addMs(now, -DAY_MS), endsAt: now } as const;
    const wallet = [
      held(1, cut(1n), { currency: 'USD' }),
      held(2, full(101n, 1n)),
      held(3, cut(1n), { validity: future }),
      held(4, cut(1n), { validity: past }),
      held(5, cut(10n)),
      held(5, cut(10n), {}, 2),
      held(6, off(99)),
      held(7, cut(9n), { stacking: 'alone' }),
    ];
    const quote = best(basket, wallet, [running(1, cut(1n), { currency: 'USD' }), running(2, full(150n, 10n))]);
    expect(used(quote)).toEqual([[5, 10n]]);
    expect(Object.fromEntries(whyNot(quote).map(([id, reason]) => [id, reason]))).toEqual({
      1: 'otherCurrency',
      2: 'belowThreshold',
      3: 'notYetValid',
      4: 'expired',
      5: 'sameCoupon',
      6: 'nothingLeft',
      7: 'usedAlone',
    });
    expect(
      quote.promotionsNotApplied.map(({ offer, reason, missingMinor }) => [offer.id, reason, missingMinor]),
    ).toEqual([
      [2, 'belowThreshold', 50n],
      [1, 'otherCurrency', 0n],
    ]);
  });

  it('leaves a coupon unused that would only be in the way of others', () => {
    // The 10 come first, and leave 90, too little for the 40.
    const quote = best(basketOf(line(100n)), [held(1, full(100n, 10n)), held(2, full(95n, 40n))]);
    expect(used(quote)).toEqual([[2, 40n]]);
    expect(whyNot(quote)).toEqual([[1, 'betterWithout', 0n]]);
  });

  it('uses one alone where that saves more than all others together', () => {
    const others = [held(1, cut(30n)), held(2, cut(30n))];
    const quote = best(basketOf(line(100n)), [...others, held(3, cut(61n), { stacking: 'alone' })]);
    expect(used(quote)).toEqual([[3, 61n]]);
    expect(whyNot(quote).map(([id, reason]) => [id, reason])).toEqual([
      [1, 'usedAlone'],
      [2, 'usedAlone'],
    ]);
  });

  it('of two alike uses the one that ends sooner, and of equals as few as it takes', () => {
    const soon = { kind: 'window', startsAt: addMs(now, -1), endsAt: addMs(now, 5) } as const;
    expect(used(best(basketOf(line(10n)), [held(1, cut(10n)), held(2, cut(10n), { validity: soon })]))).toEqual([
      [2, 10n],
    ]);
    expect(used(best(basketOf(line(10n)), [held(1, cut(5n)), held(2, cut(10n)), held(3, cut(5n))]))).toEqual([
      [2, 10n],
    ]);
  });

  it('lists gifts, which take nothing off', () => {
    const quote = best(basketOf(line(100n)), [held(1, gift(0n))], [running(1, gift(100n))]);
    expect(quote.discountMinor).toBe(0n);
    for (const { gifts } of [...quote.promotions, ...quote.coupons]) {
      expect(gifts).toEqual([{ productId: 'spoon', quantity: 2 }]);
    }
    expect(used(quote)).toEqual([[1, 0n]]);
  });

  it.each([
    ['no line', basketOf(), 'lines'],
    ['too many lines', basketOf(...Array.from({ length: 201 }, () => line(1n))), 'lines'],
    ['a quantity of 0', basketOf(line(1n, { quantity: 0 })), 'lines.0.quantity'],
    ['half a piece', basketOf(line(1n, { quantity: 0.5 })), 'lines.0.quantity'],
    ['a price below 0', basketOf(line(1n), line(-1n)), 'lines.1.unitPriceMinor'],
    ['more money than there is', basketOf(line(1_000_000_000_000_000n), line(1n)), 'lines'],
  ])('refuses a basket with %s', (_, basket, field) => {
    expect(() => best(basket, [])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', values: { field } }));
  });
});

describe('any quote', () => {
  it('is what a plain try of every subset finds, to the line', () => {
    fc.assert(
      fc.property(basketArbitrary, promotionsArbitrary, walletArbitrary(7), (basket, promotions, wallet) => {
        const quote = best(basket, wallet, promotions);
        const expected = oracleQuote(basket, promotions, wallet);
        expect(quote.payableMinor).toBe(expected.payableMinor);
        expect(quote.linePayableMinor).toEqual(expected.linePayableMinor);
        expect(quote.coupons.map(({ offer }) => offer.coupon.id)).toEqual(expected.coupons);
      }),
      { numRuns: 400 },
    );
  });

  it('is the best there is of twelve coupons', () => {
    fc.assert(
      fc.property(basketArbitrary, walletArbitrary(12), (basket, wallet) => {
        expect(best(basket, wallet).payableMinor).toBe(oracleQuote(basket, [], wallet).payableMinor);
      }),
      { numRuns: 25 },
    );
  });

  it('adds up, takes no line below 0, and says of each offer what became of it', () => {
    fc.assert(
      fc.property(basketArbitrary, promotionsArbitrary, walletArbitrary(30), (basket, promotions, wallet) => {
        const quote = best(basket, wallet, promotions);
        const taken = [...quote.promotions, ...quote.coupons].reduce(
          (sum, { discountMinor }) => sum + discountMinor,
          0n,
        );
        expect(taken).toBe(quote.discountMinor);
        expect(quote.amountMinor - quote.discountMinor).toBe(quote.payableMinor);
        expect(quote.linePayableMinor.every((each) => each >= 0n)).toBe(true);
        expect(quote.promotions.length + quote.promotionsNotApplied.length).toBe(promotions.length);
        expect(quote.coupons.length + quote.couponsNotApplied.length).toBe(wallet.length);
        expect(quote.isExact || wallet.length > 12).toBe(true);
      }),
    );
  });

  it('does not depend on how the basket or the wallet is sorted', () => {
    const shuffled = fc
      .tuple(basketArbitrary, walletArbitrary(20))
      .chain(([basket, wallet]) =>
        fc.tuple(
          fc.constant({ basket, wallet }),
          fc.shuffledSubarray([...basket.lines], { minLength: basket.lines.length }),
          fc.shuffledSubarray([...wallet], { minLength: wallet.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([{ basket, wallet }, lines, grants]) => {
        expect(best({ ...basket, lines }, grants).coupons).toEqual(best(basket, wallet).coupons);
      }),
    );
  });

  it('costs the same when exactly its coupons are asked for', () => {
    fc.assert(
      fc.property(basketArbitrary, promotionsArbitrary, walletArbitrary(20), (basket, promotions, wallet) => {
        const quote = best(basket, wallet, promotions);
        const again = exactly(basket, quote.coupons.map(({ offer }) => offer).reverse(), promotions);
        expect(again).toMatchObject({
          kind: 'priced',
          quote: { coupons: quote.coupons, linePayableMinor: quote.linePayableMinor },
        });
      }),
    );
  });

  it('of more than twelve coupons says that it is not exact, and saves at least what the best one saves', () => {
    fc.assert(
      fc.property(basketArbitrary, walletArbitrary(40), (basket, wallet) => {
        const quote = best(basket, wallet);
        for (const each of wallet) {
          expect(quote.discountMinor >= best(basket, [each]).discountMinor).toBe(true);
        }
        expect(quote.coupons.length).toBeLessThanOrEqual(20);
      }),
    );
    const many = Array.from({ length: 25 }, (_, index) => held(index + 1, cut(2n)));
    const quote = best(basketOf(line(100n)), many);
    expect(quote).toMatchObject({ isExact: false, discountMinor: 40n });
    expect(whyNot(quote).map(([, reason]) => reason)).toEqual(Array.from({ length: 5 }, () => 'tooMany'));
  });
});

describe('a price with exactly these coupons', () => {
  const basket = basketOf(line(100n));
  const refusals = (grants: readonly HeldGrant[]) => {
    const answer = exactly(basket, grants);
    return answer.kind === 'priced' ? [] : answer.refusals.map(({ offer, reason }) => [offer.coupon.id, reason]);
  };

  it('takes off all of them, in the same order', () => {
    expect(exactly(basket, [held(2, cut(10n)), held(1, off(5_000))])).toMatchObject({
      kind: 'priced',
      quote: { payableMinor: 40n, coupons: [{ discountMinor: 50n }, { discountMinor: 10n }] },
    });
    expect(exactly(basket, [])).toMatchObject({ kind: 'priced', quote: { payableMinor: 100n } });
  });

  it('refuses what must not be combined', () => {
    expect(refusals([held(1, cut(1n), { stacking: 'alone' })])).toEqual([]);
    expect(refusals([held(1, cut(1n), { stacking: 'alone' }), held(2, cut(1n))])).toEqual([[1, 'usedAlone']]);
    expect(refusals([held(1, cut(1n)), held(1, cut(1n), {}, 2)])).toEqual([[1, 'sameCoupon']]);
    const many = Array.from({ length: 21 }, (_, index) => held(index + 1, cut(1n)));
    expect(refusals(many)).toEqual([[21, 'tooMany']]);
  });

  it('refuses one that does nothing for this basket, whether alone or behind the others', () => {
    expect(refusals([held(1, cut(1n), { currency: 'USD' }), held(2, full(101n, 1n))])).toEqual([
      [2, 'belowThreshold'],
      [1, 'otherCurrency'],
    ]);
    expect(refusals([held(1, full(100n, 10n)), held(2, full(95n, 40n))])).toEqual([[2, 'belowThreshold']]);
    expect(refusals([held(1, cut(100n)), held(2, cut(1n))])).toEqual([[2, 'nothingLeft']]);
  });
});
