/**
 * Which of several coupons an order should use. Pure.
 *
 * Coupons are given in the one order in which they are taken off; a combination keeps that order. One that takes nothing
 * off what is left and gives nothing is never part of a combination, nor one that takes more off than its budget has left.
 * Best is what saves most; of equals, what brings
 * more gifts; then what uses fewer coupons; then what uses those that come first.
 *
 * Up to `MAX_EXACT_COUPONS` that may be used beside others: all subsets, by depth first with a bound (no coupon takes
 * more off what is left than it takes off the whole), so the answer is the best there is; at most 2^12 steps. Beyond:
 * greedy, from the coupon that saves most alone to the one that saves least, each kept when it makes the whole better.
 */
import type { GiftRule } from '../../promotion/promotion.js';
import type { CouponStacking } from '../coupon.js';
import type { ExactRule } from './exact-rule.js';
import { sumOf, takeOff, type LineSet } from './price-lines.js';

export const MAX_EXACT_COUPONS = 12;
/** More are never used together. */
export const MAX_COUPONS_PER_ORDER = 20;

/** An offer as one basket meets it. */
export interface Candidate {
  readonly lines: LineSet;
  readonly rule: ExactRule;
  readonly stacking: CouponStacking;
  /** The most that it may take off, by its budget; Infinity = anything. */
  readonly freeMinor: number;
}

export interface Effect {
  /** What the lines in scope cost when its turn comes. */
  readonly amount: number;
  readonly discount: number;
  readonly gifts: GiftRule['gifts'];
}

/** What an offer does to what is left; undefined where that is nothing. */
export function effectOn(costs: Float64Array, { lines, rule }: Candidate): Effect | undefined {
  if (lines.length === 0) return undefined;
  const amount = sumOf(costs, lines);
  if (amount < rule.thresholdMinor) return undefined;
  const discount = rule.reductionOf(amount);
  return discount === 0 && rule.gifts.length === 0 ? undefined : { amount, discount, gifts: rule.gifts };
}

export interface Combination {
  /** Positions in the list that was given, ascending. */
  readonly chosen: readonly number[];
  /** False where there were too many to try every combination. */
  readonly isExact: boolean;
}

/** The best use of these candidates, each of which would do something to `costs` by itself. */
export function bestCombination(costs: Float64Array, candidates: readonly Candidate[]): Combination {
  const places = candidates.map((_, place) => place);
  const mixable = places.filter((place) => candidates[place]?.stacking === 'withOthers');
  const isExact = mixable.length <= MAX_EXACT_COUPONS;
  const mixed = (isExact ? exactly : greedily)(costs, candidates, mixable);
  let best = mixed;
  for (const place of places.filter((each) => candidates[each]?.stacking === 'alone')) {
    const single = savingOf(costs, candidates, [place]);
    if (single !== undefined && isBetter(single, best)) best = single;
  }
  return { chosen: best.chosen, isExact };
}

interface Saving {
  readonly chosen: readonly number[];
  readonly discount: number;
  readonly gifts: number;
}

const NOTHING: Saving = { chosen: [], discount: 0, gifts: 0 };

function isBetter(left: Saving, right: Saving): boolean {
  if (left.discount !== right.discount) return left.discount > right.discount;
  if (left.gifts !== right.gifts) return left.gifts > right.gifts;
  if (left.chosen.length !== right.chosen.length) return left.chosen.length < right.chosen.length;
  const differs = left.chosen.findIndex((place, index) => place !== right.chosen[index]);
  return differs !== -1 && (left.chosen[differs] ?? 0) < (right.chosen[differs] ?? 0);
}

/** What a combination saves; undefined when one of it would do nothing any more. `left` is room to work in. */
function savingOf(
  costs: Float64Array,
  candidates: readonly Candidate[],
  chosen: readonly number[],
  left = new Float64Array(costs.length),
): Saving | undefined {
  left.set(costs);
  let discount = 0;
  let gifts = 0;
  for (const place of chosen) {
    const candidate = candidates[place];
    const effect = candidate && effectOn(left, candidate);
    if (candidate === undefined || effect === undefined || effect.discount > candidate.freeMinor) return undefined;
    if (effect.discount > 0) takeOff(left, { ...effect, lines: candidate.lines }, left);
    discount += effect.discount;
    gifts += effect.gifts.length > 0 ? 1 : 0;
  }
  return { chosen, discount, gifts };
}

function greedily(costs: Float64Array, candidates: readonly Candidate[], mixable: readonly number[]): Saving {
  const left = new Float64Array(costs.length);
  const singles = mixable.flatMap((place) => savingOf(costs, candidates, [place], left) ?? []);
  singles.sort((left, right) => (isBetter(left, right) ? -1 : 1));
  let best = NOTHING;
  for (const { chosen } of singles) {
    if (best.chosen.length === MAX_COUPONS_PER_ORDER) break;
    const wider = [...best.chosen, ...chosen].sort((left, right) => left - right);
    const saving = savingOf(costs, candidates, wider, left);
    if (saving !== undefined && isBetter(saving, best)) best = saving;
  }
  return best;
}

function exactly(costs: Float64Array, candidates: readonly Candidate[], mixable: readonly number[]): Saving {
  return new Search(
    costs,
    mixable.flatMap((place) => {
      const candidate = candidates[place];
      const effect = candidate && effectOn(costs, candidate);
      return candidate === undefined || effect === undefined ? [] : [{ place, candidate, effect }];
    }),
  ).best();
}

interface Option {
  readonly place: number;
  readonly candidate: Candidate;
  /** By itself: the most it can do. */
  readonly effect: Effect;
}

class Search {
  private found: Saving = NOTHING;
  private readonly chosen: number[] = [];
  /** What is left behind each of the coupons chosen so far. */
  private readonly levels: readonly Float64Array[];
  /** The most that the options from here on can add. */
  private readonly discountFrom: readonly number[];
  private readonly giftsFrom: readonly number[];
  private readonly whole: number;

  constructor(
    private readonly costs: Float64Array,
    private readonly options: readonly Option[],
  ) {
    this.levels = options.map(() => new Float64Array(costs.length));
    this.discountFrom = runningSums(options.map(({ effect }) => effect.discount));
    this.giftsFrom = runningSums(options.map(({ effect }) => (effect.gifts.length > 0 ? 1 : 0)));
    this.whole = costs.reduce((sum, cost) => sum + cost, 0);
  }

  best(): Saving {
    this.visit(0, this.costs, 0, 0);
    return this.found;
  }

  /** With before without: of equals the first in order is met first, and stays. */
  private visit(at: number, costs: Float64Array, discount: number, gifts: number): void {
    const option = this.options[at];
    if (option === undefined) {
      this.consider(discount, gifts);
      return;
    }
    const most = Math.min(discount + (this.discountFrom[at] ?? 0), this.whole);
    if (!this.couldBeat(most, gifts + (this.giftsFrom[at] ?? 0))) return;
    const { candidate, place } = option;
    const effect = effectOn(costs, candidate);
    if (effect !== undefined && effect.discount <= candidate.freeMinor) {
      const after = this.costsAfter(costs, candidate, effect, at);
      this.chosen.push(place);
      this.visit(at + 1, after, discount + effect.discount, gifts + (effect.gifts.length > 0 ? 1 : 0));
      this.chosen.pop();
    }
    this.visit(at + 1, costs, discount, gifts);
  }

  /** Nobody asks what is left behind the last one, or behind a gift. */
  private costsAfter(costs: Float64Array, { lines }: Candidate, effect: Effect, at: number): Float64Array {
    const after = this.levels[this.chosen.length];
    if (after === undefined || effect.discount === 0 || at === this.options.length - 1) return costs;
    takeOff(costs, { lines, amount: effect.amount, discount: effect.discount }, after);
    return after;
  }

  private couldBeat(discount: number, gifts: number): boolean {
    const { found } = this;
    if (discount !== found.discount) return discount > found.discount;
    if (gifts !== found.gifts) return gifts > found.gifts;
    return this.chosen.length < found.chosen.length;
  }

  private consider(discount: number, gifts: number): void {
    if (this.couldBeat(discount, gifts)) this.found = { chosen: [...this.chosen], discount, gifts };
  }
}

/** The sum of each value and all behind it. */
function runningSums(values: readonly number[]): readonly number[] {
  const sums = [...values];
  for (let index = sums.length - 2; index >= 0; index--) sums[index] = (sums[index] ?? 0) + (sums[index + 1] ?? 0);
  return sums;
}
