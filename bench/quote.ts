/**
 * What one quote takes, in process, over baskets and wallets that differ from call to call. All coupons may be used
 * together, over scopes that overlap, and some ask for thresholds that others take away: what makes the search long.
 *
 * `typical`: 8 lines, 5 promotions, 6 coupons. `exact`: 20 lines, 12 coupons, the most for which every combination is
 * looked at. `longest basket`: the same over 200 lines. `large amounts`: the same over amounts whose products no double
 * holds. `greedy`: 20 lines, 100 coupons. Each has its median, against the plain way in the same run (every subset priced
 * anew with bigints; a few calls only, as it is slow), and its p99, against the aim of 5 ms. The plain way has no figure
 * for `greedy`, whose subsets nobody can try.
 *
 * What it does not show: reading the wallet and the promotions, HTTP.
 */
import { couponId, ordinal, promotionId } from '../src/core/ids.js';
import { SeededRandom } from '../src/core/seeded-random.js';
import { addMs, DAY_MS, epochMs } from '../src/core/time.js';
import { NO_COUNTS } from '../src/coupon/coupon.js';
import { newGrant } from '../src/coupon/grant/grant.js';
import type { Basket } from '../src/coupon/quote/basket.js';
import { quoteBest, type QuoteRequest } from '../src/coupon/quote/quote.js';
import type { HeldGrant } from '../src/coupon/quote/quote-order.js';
import type { Promotion, PromotionRule, PromotionScope } from '../src/promotion/promotion.js';
import { oracleQuote } from '../test/support/quote-oracle.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { Latencies } from './support/latencies.js';

export const quote: Bench = { name: 'quote', about: 'one quote, in process', takes: ['runs'], run };

const AIM_MS = 5;
const WARM_UP_CALLS = 100;
const CALLS = 400;
/** Of each call, the shortest counts: the same work each time, and other work of the machine is not its cost. */
const TRIES = 3;
/** Offers live from call to call, as in a server; baskets do not. */
const WALLETS = 40;
const PLAIN_CALLS = 1;
const NOW = epochMs(1_800_000_000_000);

interface Case {
  readonly name: string;
  readonly lines: number;
  readonly promotions: number;
  readonly coupons: number;
  readonly maxPriceMinor: number;
  readonly hasPlainWay: boolean;
}

const CASES: readonly Case[] = [
  { name: 'typical', lines: 8, promotions: 5, coupons: 6, maxPriceMinor: 50_000, hasPlainWay: true },
  { name: 'exact', lines: 20, promotions: 5, coupons: 12, maxPriceMinor: 50_000, hasPlainWay: true },
  { name: 'longest basket', lines: 200, promotions: 5, coupons: 12, maxPriceMinor: 50_000, hasPlainWay: true },
  { name: 'large amounts', lines: 20, promotions: 5, coupons: 12, maxPriceMinor: 10 ** 12, hasPlainWay: true },
  { name: 'greedy', lines: 20, promotions: 5, coupons: 100, maxPriceMinor: 50_000, hasPlainWay: false },
];

function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const runs = numberOf('runs', 3);
  const figures: Figure[] = [];
  for (const each of CASES) {
    const rounds = [];
    for (let round = 1; round <= runs; round++) {
      say(`${each.name}: run ${round} of ${runs}`);
      rounds.push(oneRound(each, round));
    }
    const plain = each.hasPlainWay ? rounds.map(({ plainMs }) => plainMs) : null;
    figures.push(
      figureOf(
        `${each.name}, median`,
        'ms',
        rounds.map(({ medianMs }) => medianMs),
        plain,
      ),
      figureOf(
        `${each.name}, p99 against the aim`,
        'ms',
        rounds.map(({ p99Ms }) => p99Ms),
        [AIM_MS],
      ),
    );
  }
  return Promise.resolve(figures);
}

function oneRound(each: Case, round: number) {
  const random = new SeededRandom(`quote/${each.name}/${round}`);
  const wallets = Array.from({ length: WALLETS }, () => requestOf(each, random));
  const requestAt = (call: number): Request => {
    const { promotions, grants } = wallets[call % WALLETS] ?? requestOf(each, random);
    return { ...requestOf({ ...each, promotions: 0, coupons: 0 }, random), promotions, grants };
  };
  for (let call = 0; call < WARM_UP_CALLS; call++) quoteBest(requestAt(call));
  const spans = new Latencies();
  for (let call = 0; call < CALLS; call++) {
    const request = requestAt(call);
    spans.add(Math.min(...Array.from({ length: TRIES }, () => spanMs(() => quoteBest(request)))));
  }
  const plain = new Latencies();
  for (let call = 0; call < (each.hasPlainWay ? PLAIN_CALLS : 0); call++) {
    const { basket, promotions, grants } = requestAt(call);
    plain.add(spanMs(() => oracleQuote(basket, promotions, grants)));
  }
  return { medianMs: spans.percentileMs(0.5), p99Ms: spans.percentileMs(0.99), plainMs: plain.percentileMs(0.5) };
}

function spanMs(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

type Request = QuoteRequest<Promotion, HeldGrant>;

function requestOf({ lines, promotions, coupons, maxPriceMinor }: Case, random: SeededRandom): Request {
  const offers = new Offers(random, (lines * maxPriceMinor) / 2);
  const basket: Basket = {
    currency: 'CNY',
    lines: Array.from({ length: lines }, (_, index) => ({
      productId: `product-${index % 50}`,
      shopNumber: `shop-${index % 3}`,
      categoryIds: [`category-${index % 4}`, `category-${offers.number(4)}`],
      quantity: 1,
      unitPriceMinor: BigInt(1 + offers.number(maxPriceMinor)),
    })),
  };
  return {
    basket,
    promotions: Array.from({ length: promotions }, (_, index) => offers.promotion(index + 1)),
    grants: Array.from({ length: coupons }, (_, index) => offers.grant(index + 1)),
    now: NOW,
  };
}

/** Offers worth a hundredth to a tenth of a basket each. */
class Offers {
  constructor(
    private readonly random: SeededRandom,
    private readonly basketMinor: number,
  ) {}

  number(below: number): number {
    return Math.floor(this.random.next() * below);
  }

  promotion(id: number): Promotion {
    return {
      ...this.terms(`Promotion ${id}`),
      id: promotionId(id),
      startsAt: addMs(NOW, -DAY_MS),
      endsAt: addMs(NOW, DAY_MS),
      campaignId: undefined,
    };
  }

  grant(id: number): HeldGrant {
    return {
      grant: newGrant({ couponId: couponId(id), ordinal: ordinal(0), n: 1 }, NOW, undefined),
      coupon: {
        ...this.terms(`Coupon ${id}`),
        id: couponId(id),
        promotionId: undefined,
        issue: 'selfClaim',
        sweepAtClose: false,
        byCodeOnly: false,
        isGivenEagerly: false,
        recalledAt: undefined,
        validity: { kind: 'days', days: 1 + this.number(10) },
        opensAt: NOW,
        closesAt: addMs(NOW, DAY_MS),
        audience: { kind: 'everybody' },
        limitPerMember: 1,
        stacking: 'withOthers',
        afterRefund: 'available',
        stock: undefined,
        budgetMinor: undefined,
        storedState: 'active',
        counts: NO_COUNTS,
      },
    };
  }

  private terms(name: string) {
    return {
      name,
      description: undefined,
      rule: this.rule(),
      currency: 'CNY',
      scope: this.scope(),
      version: 1,
      createdBy: 'bench',
      createdAt: NOW,
      editedAt: undefined,
      endedAt: undefined,
    };
  }

  private rule(): PromotionRule {
    const share = (parts: number): bigint => BigInt(Math.max(1, Math.floor(this.basketMinor / parts)));
    switch (this.number(4)) {
      case 0: {
        const thresholdMinor = share(1 + this.number(8));
        return {
          kind: 'fullReduction',
          tiers: [{ thresholdMinor, reductionMinor: thresholdMinor / 8n + 1n }],
          isRepeating: false,
        };
      }
      case 1:
        return { kind: 'discount', discountBps: 100 + this.number(2_000), maxReductionMinor: undefined };
      case 2:
        return { kind: 'gift', thresholdMinor: share(2), gifts: [{ productId: 'spoon', quantity: 1 }] };
      default:
        return { kind: 'directCut', cutMinor: share(10 + this.number(90)) };
    }
  }

  private scope(): PromotionScope {
    switch (this.number(4)) {
      case 0:
        return { kind: 'wholeShop' };
      case 1:
        return { kind: 'seller', shopNumber: `shop-${this.number(3)}` };
      case 2:
        return { kind: 'categories', categoryIds: [`category-${this.number(4)}`] };
      default:
        return { kind: 'products', productIds: Array.from({ length: 25 }, (_, index) => `product-${index * 2}`) };
    }
  }
}
