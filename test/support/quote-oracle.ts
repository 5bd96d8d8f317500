/**
 * A second implementation of quotes, as plain as it gets: bigints, every subset, nothing shared with the first but types
 * and the order of offers.
 */
import type { Basket, BasketLine } from '../../src/coupon/quote/basket.js';
import { inCouponOrder, inPromotionOrder, type HeldGrant } from '../../src/coupon/quote/quote-order.js';
import type { Promotion, PromotionRule, PromotionScope } from '../../src/promotion/promotion.js';

interface Offer {
  readonly rule: PromotionRule;
  readonly scope: PromotionScope;
}

export interface OracleQuote {
  /** Ids of coupons. */
  readonly coupons: readonly number[];
  readonly payableMinor: bigint;
  readonly linePayableMinor: readonly bigint[];
}

const isInScope = (line: BasketLine, scope: PromotionScope): boolean => {
  if (scope.kind === 'wholeShop') return true;
  if (scope.kind === 'seller') return line.shopNumber === scope.shopNumber;
  if (scope.kind === 'products') return scope.productIds.includes(line.productId);
  return scope.categoryIds.some((id) => line.categoryIds.includes(id));
};

/** undefined = its threshold is not reached. */
function reduction(rule: PromotionRule, amount: bigint): bigint | undefined {
  if (rule.kind === 'gift') return amount >= rule.thresholdMinor ? 0n : undefined;
  if (rule.kind === 'directCut') return rule.cutMinor < amount ? rule.cutMinor : amount;
  if (rule.kind === 'discount') {
    const share = (amount * BigInt(rule.discountBps)) / 10_000n;
    return rule.maxReductionMinor !== undefined && rule.maxReductionMinor < share ? rule.maxReductionMinor : share;
  }
  const reached = rule.tiers.filter(({ thresholdMinor }) => amount >= thresholdMinor).at(-1);
  if (reached === undefined) return undefined;
  return rule.isRepeating ? (amount / reached.thresholdMinor) * reached.reductionMinor : reached.reductionMinor;
}

/** The costs with the offer taken off, or undefined when it does nothing. */
function take(lines: readonly BasketLine[], costs: readonly bigint[], { rule, scope }: Offer): bigint[] | undefined {
  const counted = lines.map((line) => isInScope(line, scope));
  if (!counted.includes(true)) return undefined;
  const amount = costs.reduce((sum, cost, index) => (counted[index] === true ? sum + cost : sum), 0n);
  const discount = reduction(rule, amount);
  if (discount === undefined || (discount === 0n && rule.kind !== 'gift')) return undefined;
  let sum = 0n;
  return costs.map((cost, index) => {
    if (counted[index] !== true || amount === 0n) return cost;
    const before = (discount * sum) / amount;
    sum += cost;
    return cost - ((discount * sum) / amount - before);
  });
}

const nameOf = (each: BasketLine): string =>
  JSON.stringify([
    each.productId,
    each.shopNumber ?? null,
    [...each.categoryIds].sort(),
    each.quantity,
    each.unitPriceMinor.toString(),
  ]);

export function oracleQuote(
  basket: Basket,
  promotions: readonly Promotion[],
  wallet: readonly HeldGrant[],
): OracleQuote {
  const named = basket.lines.map((line, place) => ({ line, place, name: nameOf(line) }));
  named.sort((left, right) => (left.name === right.name ? left.place - right.place : left.name < right.name ? -1 : 1));
  const lines = named.map(({ line }) => line);
  let costs = lines.map((each) => BigInt(each.quantity) * each.unitPriceMinor);
  for (const promotion of inPromotionOrder(promotions)) costs = take(lines, costs, promotion) ?? costs;

  const coupons = inCouponOrder(wallet);
  let best = { coupons: [] as number[], gifts: 0, left: costs };
  for (let subset = 0; subset < 2 ** coupons.length; subset++) {
    const used = coupons.filter((_, index) => Math.floor(subset / 2 ** index) % 2 === 1);
    if (used.length > 1 && used.some(({ coupon }) => coupon.stacking === 'alone')) continue;
    let left: bigint[] | undefined = costs;
    for (const { coupon } of used) left = left && take(lines, left, coupon);
    if (left === undefined) continue;
    const found = {
      coupons: used.map(({ coupon }) => coupon.id),
      gifts: used.filter(({ coupon }) => coupon.rule.kind === 'gift').length,
      left,
    };
    if (isBetter(found, best, coupons)) best = found;
  }
  const linePayableMinor = new Array<bigint>(lines.length).fill(0n);
  named.forEach(({ place }, index) => (linePayableMinor[place] = best.left[index] ?? 0n));
  return { coupons: best.coupons, payableMinor: sum(best.left), linePayableMinor };
}

interface Found {
  readonly coupons: readonly number[];
  readonly gifts: number;
  readonly left: readonly bigint[];
}

function isBetter(one: Found, other: Found, coupons: readonly HeldGrant[]): boolean {
  if (sum(one.left) !== sum(other.left)) return sum(one.left) < sum(other.left);
  if (one.gifts !== other.gifts) return one.gifts > other.gifts;
  if (one.coupons.length !== other.coupons.length) return one.coupons.length < other.coupons.length;
  const placeOf = (id: number | undefined): number => coupons.findIndex(({ coupon }) => coupon.id === id);
  const differs = one.coupons.findIndex((id, index) => id !== other.coupons[index]);
  return differs !== -1 && placeOf(one.coupons[differs]) < placeOf(other.coupons[differs]);
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
