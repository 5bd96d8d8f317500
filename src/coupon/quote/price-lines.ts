/** What the lines of a basket still cost while discounts are taken off them, as exact numbers. */
import type { PromotionScope } from '../../promotion/promotion.js';
import type { BasketLine } from './basket.js';

/** Positions of lines in a basket. */
export type LineSet = Int32Array;

/** Ids of a scope as a set; offers live long and are asked about often. */
const SETS = new WeakMap<PromotionScope, ReadonlySet<string>>();

/** The lines that an offer counts. */
export function linesInScope(lines: readonly BasketLine[], scope: PromotionScope): LineSet {
  const isIn = lineTest(scope);
  const found: number[] = [];
  lines.forEach((line, index) => {
    if (isIn(line)) found.push(index);
  });
  return Int32Array.from(found);
}

function lineTest(scope: PromotionScope): (line: BasketLine) => boolean {
  switch (scope.kind) {
    case 'wholeShop':
      return () => true;
    case 'seller':
      return ({ shopNumber }) => shopNumber === scope.shopNumber;
    case 'categories': {
      const ids = setOf(scope, scope.categoryIds);
      return ({ categoryIds }) => categoryIds.some((id) => ids.has(id));
    }
    case 'products': {
      const ids = setOf(scope, scope.productIds);
      return ({ productId }) => ids.has(productId);
    }
  }
}

function setOf(scope: PromotionScope, ids: readonly string[]): ReadonlySet<string> {
  const known = SETS.get(scope);
  if (known !== undefined) return known;
  const made = new Set(ids);
  SETS.set(scope, made);
  return made;
}

export function sumOf(costs: Float64Array, lines: LineSet): number {
  let sum = 0;
  for (let index = 0; index < lines.length; index++) sum += costs[lines[index] ?? 0] ?? 0;
  return sum;
}

/**
 * Writes into `after` what lines cost once a discount is taken off those in scope, which cost `amount` together: each
 * bears its share, rounded so that the shares add up to the discount and none is more than its line costs
 * (floor(discount × running sum / amount), differences of neighbours). `after` may be `costs` itself.
 */
export function takeOff(
  costs: Float64Array,
  { lines, amount, discount }: { readonly lines: LineSet; readonly amount: number; readonly discount: number },
  after: Float64Array,
): void {
  if (after !== costs) after.set(costs);
  let sum = 0;
  let taken = 0;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? 0;
    const cost = costs[line] ?? 0;
    sum += cost;
    const untilHere = mulDivDown(discount, sum, amount);
    after[line] = cost - (untilHere - taken);
    taken = untilHere;
  }
}

/** floor(left × right / by), exact: the product of amounts beyond a million or so does not fit a double. */
function mulDivDown(left: number, right: number, by: number): number {
  const product = left * right;
  if (product <= Number.MAX_SAFE_INTEGER) return by === 0 ? 0 : Math.floor(product / by);
  return Number((BigInt(left) * BigInt(right)) / BigInt(by));
}
