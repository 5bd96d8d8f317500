/**
 * What a basket costs a member: running promotions, then coupons, each taken off what is left by then, in the order of
 * quote-order.ts. Pure: no clock, no store.
 *
 * Every running promotion that counts for the basket is taken off. Of the coupons the best allowed combination is
 * (best-combination.ts): one coupon that is used `alone`, or any of those that may be used `withOthers`; of one coupon
 * one grant an order. A threshold and a share look at what the lines in scope still cost. A discount is shared by those
 * lines by what they cost, so it is never more than that, and no line and no order goes below 0. Lines are looked at in
 * an order of their own: the same basket in another order costs the same.
 */
import type { PromotionScope, Promotion, PromotionRule, GiftRule } from '../../promotion/promotion.js';
import type { CouponId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import { validityOf } from '../coupon.js';
import type { CouponStacking } from '../coupon.js';
import { basketAmountMinor, lineAmountMinor, type Basket, type BasketLine } from './basket.js';
import { bestCombination, effectOn, MAX_COUPONS_PER_ORDER, type Candidate, type Effect } from './best-combination.js';
import { exactRule } from './exact-rule.js';
import { linesInScope, sumOf, takeOff } from './price-lines.js';
import { inCouponOrder, inPromotionOrder, type HeldGrant } from './quote-order.js';

/** Why an offer is not taken off. */
export const QUOTE_REASONS = [
  'otherCurrency',
  'outOfScope',
  'belowThreshold',
  'nothingLeft',
  'notYetValid',
  'expired',
  'locked',
  'budgetSpent',
  'sameCoupon',
  'usedAlone',
  'betterWithout',
  'tooMany',
] as const;
export type QuoteReason = (typeof QUOTE_REASONS)[number];

export interface QuoteRequest<Offered extends Promotion, Held extends HeldGrant> {
  readonly basket: Basket;
  /** All that run now. */
  readonly promotions: readonly Offered[];
  /** Grants that are available, or that the order itself has locked. */
  readonly grants: readonly Held[];
  readonly now: EpochMs;
  /** What budgets have left; of a coupon that is missing, anything. */
  readonly freeBudgets?: FreeBudgets | undefined;
}

export type FreeBudgets = ReadonlyMap<CouponId, bigint>;

/** An offer that is taken off. */
export interface Applied<Offer> {
  readonly offer: Offer;
  /** 0 for gifts. */
  readonly discountMinor: bigint;
  /** What comes with the order for nothing. */
  readonly gifts: GiftRule['gifts'];
}

/** An offer that is not. */
export interface NotApplied<Offer> {
  readonly offer: Offer;
  readonly reason: QuoteReason;
  /** How much more the lines in scope would have to cost; 0 unless that is the reason. */
  readonly missingMinor: bigint;
}

export interface Quote<Offered, Held> {
  readonly amountMinor: bigint;
  readonly discountMinor: bigint;
  readonly payableMinor: bigint;
  /** In the order in which they are taken off. */
  readonly promotions: readonly Applied<Offered>[];
  readonly coupons: readonly Applied<Held>[];
  readonly promotionsNotApplied: readonly NotApplied<Offered>[];
  readonly couponsNotApplied: readonly NotApplied<Held>[];
  /** What each line of the basket still costs, in the order of the basket. */
  readonly linePayableMinor: readonly bigint[];
  /** False where there were too many coupons to try every combination. */
  readonly isExact: boolean;
}

/**
 * The best price.
 * @throws DomainError `INVALID_INPUT` as `basketAmountMinor` does.
 */
export function quoteBest<Offered extends Promotion, Held extends HeldGrant>(
  request: QuoteRequest<Offered, Held>,
): Quote<Offered, Held> {
  const pricing = new Pricing<Offered, Held>(request);
  const { usable, notApplied } = pricing.sortOut(request.grants, request.now);
  const { chosen, isExact } = bestCombination(
    pricing.costs,
    usable.map(({ candidate }) => candidate),
  );
  const picked = new Set(chosen);
  const usesOneAlone = usable.some(({ candidate }, place) => picked.has(place) && candidate.stacking === 'alone');
  const leftOut = usable.filter((_, place) => !picked.has(place));
  const overBudget = new Set(usable.filter(({ candidate }) => pricing.isOverBudget(candidate)));
  const whyNot = (each: Usable<Held>): QuoteReason => {
    const { candidate } = each;
    if (overBudget.has(each)) return 'budgetSpent';
    if (usesOneAlone || candidate.stacking === 'alone') return 'usedAlone';
    return chosen.length === MAX_COUPONS_PER_ORDER ? 'tooMany' : 'betterWithout';
  };
  const refused = leftOut.map((each) => refuse(each.held, whyNot(each)));
  const coupons = usable.flatMap(({ held, candidate }, place) => {
    const effect = picked.has(place) ? pricing.apply(candidate) : undefined;
    return effect === undefined ? [] : [applied(held, effect)];
  });
  return pricing.quote({ coupons, notApplied: [...notApplied, ...refused], isExact });
}

export type ExactQuote<Offered, Held> =
  | { readonly kind: 'priced'; readonly quote: Quote<Offered, Held> }
  /** Nothing is priced unless all of the grants can be used together. */
  | { readonly kind: 'refused'; readonly refusals: readonly NotApplied<Held>[] };

/**
 * The price with all of these grants and no others, as a lock asks for it. Grants given in any order, each once.
 * @throws DomainError `INVALID_INPUT` as `basketAmountMinor` does.
 */
export function quoteExactly<Offered extends Promotion, Held extends HeldGrant>(
  request: QuoteRequest<Offered, Held>,
): ExactQuote<Offered, Held> {
  const pricing = new Pricing<Offered, Held>(request);
  const { usable, notApplied } = pricing.sortOut(request.grants, request.now);
  if (notApplied.length > 0) return { kind: 'refused', refusals: notApplied };
  const clashing = usable.filter(({ candidate }) => usable.length > 1 && candidate.stacking === 'alone');
  const beyond = usable.slice(MAX_COUPONS_PER_ORDER);
  const refusals = [
    ...clashing.map(({ held }) => refuse(held, 'usedAlone')),
    ...beyond.map(({ held }) => refuse(held, 'tooMany')),
  ];
  const coupons: Applied<Held>[] = [];
  for (const { held, candidate } of refusals.length > 0 ? [] : usable) {
    const why = pricing.whyNothing(candidate);
    const effect = pricing.apply(candidate);
    if (effect === undefined) refusals.push({ offer: held, ...why });
    else coupons.push(applied(held, effect));
  }
  if (refusals.length > 0) return { kind: 'refused', refusals };
  return { kind: 'priced', quote: pricing.quote({ coupons, notApplied: [], isExact: true }) };
}

const NO_BUDGETS: FreeBudgets = new Map();

interface Usable<Held> {
  readonly held: Held;
  readonly candidate: Candidate;
}

/** One basket while offers are taken off it; promotions are from the start. */
class Pricing<Offered extends Promotion, Held extends HeldGrant> {
  /** What each line costs by now, in the order of `lines`. */
  readonly costs: Float64Array;
  private readonly currency: string;
  private readonly freeBudgets: FreeBudgets;
  private readonly lines: readonly BasketLine[];
  /** Where in the basket each of `lines` stands. */
  private readonly places: readonly number[];
  private readonly amountMinor: bigint;
  private readonly promotions: Applied<Offered>[] = [];
  private readonly promotionsNotApplied: NotApplied<Offered>[] = [];

  constructor({ basket, promotions, freeBudgets = NO_BUDGETS }: QuoteRequest<Offered, Held>) {
    this.freeBudgets = freeBudgets;
    this.amountMinor = basketAmountMinor(basket);
    this.currency = basket.currency;
    this.places = ownOrder(basket.lines);
    this.lines = this.places.flatMap((place) => basket.lines[place] ?? []);
    this.costs = Float64Array.from(this.lines, (line) => Number(lineAmountMinor(line)));
    for (const promotion of inPromotionOrder(promotions)) this.takePromotion(promotion);
  }

  private takePromotion(promotion: Offered): void {
    const candidate = this.candidate({ ...promotion, stacking: 'withOthers' }, undefined);
    const why = this.whyNot(promotion.currency, candidate);
    const effect = why === undefined ? this.apply(candidate) : undefined;
    if (effect !== undefined) this.promotions.push(applied(promotion, effect));
    else this.promotionsNotApplied.push({ offer: promotion, ...(why ?? this.whyNothing(candidate)) });
  }

  /** Grants that would do something by themselves, in order; of one coupon one. And why not, of all others. */
  sortOut(
    grants: readonly Held[],
    now: EpochMs,
  ): { readonly usable: readonly Usable<Held>[]; readonly notApplied: NotApplied<Held>[] } {
    const usable: Usable<Held>[] = [];
    const notApplied: NotApplied<Held>[] = [];
    const met = new Set<number>();
    for (const held of inCouponOrder(grants)) {
      const { coupon, grant } = held;
      const { validFrom, validUntil } = validityOf(coupon, grant.grantedAt);
      const candidate = this.candidate(coupon, this.freeBudgets.get(coupon.id));
      if (now >= validUntil) notApplied.push(refuse(held, 'expired'));
      else if (now < validFrom) notApplied.push(refuse(held, 'notYetValid'));
      else if (met.has(coupon.id)) notApplied.push(refuse(held, 'sameCoupon'));
      else {
        met.add(coupon.id);
        const why = this.whyNot(coupon.currency, candidate);
        if (why === undefined) usable.push({ held, candidate });
        else notApplied.push({ offer: held, ...why });
      }
    }
    return { usable, notApplied };
  }

  /** Takes it off what is left; undefined, and nothing taken, where it does nothing. */
  apply(candidate: Candidate): Effect | undefined {
    const effect = effectOn(this.costs, candidate);
    if (effect !== undefined) takeOff(this.costs, { ...effect, lines: candidate.lines }, this.costs);
    return effect;
  }

  quote(outcome: {
    readonly coupons: readonly Applied<Held>[];
    readonly notApplied: readonly NotApplied<Held>[];
    readonly isExact: boolean;
  }): Quote<Offered, Held> {
    const linePayableMinor = new Array<bigint>(this.lines.length).fill(0n);
    this.places.forEach((place, index) => (linePayableMinor[place] = BigInt(this.costs[index] ?? 0)));
    const payableMinor = linePayableMinor.reduce((sum, each) => sum + each, 0n);
    return {
      amountMinor: this.amountMinor,
      discountMinor: this.amountMinor - payableMinor,
      payableMinor,
      promotions: this.promotions,
      coupons: outcome.coupons,
      promotionsNotApplied: this.promotionsNotApplied,
      couponsNotApplied: outcome.notApplied,
      linePayableMinor,
      isExact: outcome.isExact,
    };
  }

  /** Why an offer that does nothing to what is left does nothing. */
  whyNothing({ rule, lines }: Candidate): Why {
    const missing = Math.max(0, rule.thresholdMinor - sumOf(this.costs, lines));
    return missing > 0
      ? { reason: 'belowThreshold', missingMinor: BigInt(missing) }
      : { reason: 'nothingLeft', missingMinor: 0n };
  }

  /** Whether it would by itself take more off what is left than its budget has. */
  isOverBudget(candidate: Candidate): boolean {
    return (effectOn(this.costs, candidate)?.discount ?? 0) > candidate.freeMinor;
  }

  private candidate(
    {
      rule,
      scope,
      stacking,
    }: {
      readonly rule: PromotionRule;
      readonly scope: PromotionScope;
      readonly stacking: CouponStacking;
    },
    freeMinor: bigint | undefined,
  ): Candidate {
    return {
      lines: linesInScope(this.lines, scope),
      rule: exactRule(rule),
      stacking,
      freeMinor: freeMinor === undefined ? Infinity : Number(freeMinor),
    };
  }

  /** Undefined where it would do something now. */
  private whyNot(currency: string, candidate: Candidate): Why | undefined {
    if (currency !== this.currency) return { reason: 'otherCurrency', missingMinor: 0n };
    if (candidate.lines.length === 0) return { reason: 'outOfScope', missingMinor: 0n };
    return effectOn(this.costs, candidate) === undefined ? this.whyNothing(candidate) : undefined;
  }
}

type Why = Pick<NotApplied<unknown>, 'reason' | 'missingMinor'>;

const refuse = <Offer>(offer: Offer, reason: QuoteReason): NotApplied<Offer> => ({ offer, reason, missingMinor: 0n });

const applied = <Offer>(offer: Offer, { discount, gifts }: Effect): Applied<Offer> => ({
  offer,
  discountMinor: BigInt(discount),
  gifts,
});

/** Positions of lines in an order that depends on what they are, not on where they stand. */
function ownOrder(lines: readonly BasketLine[]): readonly number[] {
  const names = lines.map(({ productId, shopNumber, categoryIds, quantity, unitPriceMinor }) =>
    JSON.stringify([productId, shopNumber ?? null, [...categoryIds].sort(), quantity, unitPriceMinor.toString()]),
  );
  const byName = (left: number, right: number): number => {
    const [one = '', other = ''] = [names[left], names[right]];
    return one === other ? left - right : one < other ? -1 : 1;
  };
  return lines.map((_, place) => place).sort(byName);
}
