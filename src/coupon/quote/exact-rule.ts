/**
 * A rule in numbers, for the inner loop: a basket costs at most 10^15 minor units, so that sums, differences and shares
 * of it are whole numbers that doubles hold exactly. Every rounding is down, to the minor unit.
 */
import { assertNever } from '../../core/assert.js';
import type { FullReductionRule, GiftRule, PromotionRule } from '../../promotion/promotion.js';

export interface ExactRule {
  /** What the lines in scope must still cost for it to count; 0 = anything. */
  readonly thresholdMinor: number;
  /** What it takes off an amount that reaches the threshold: 0 to that amount. */
  readonly reductionOf: (amountMinor: number) => number;
  readonly gifts: GiftRule['gifts'];
}

const BPS_OF_WHOLE = 10_000;
const NO_GIFTS: GiftRule['gifts'] = [];

export function exactRule(rule: PromotionRule): ExactRule {
  switch (rule.kind) {
    case 'fullReduction':
      return fullReduction(rule);
    case 'directCut': {
      const cut = Number(rule.cutMinor);
      return { thresholdMinor: 0, reductionOf: (amount) => Math.min(cut, amount), gifts: NO_GIFTS };
    }
    case 'gift':
      return { thresholdMinor: Number(rule.thresholdMinor), reductionOf: () => 0, gifts: rule.gifts };
    case 'discount': {
      const { discountBps, maxReductionMinor } = rule;
      const most = maxReductionMinor === undefined ? Infinity : Number(maxReductionMinor);
      const reductionOf = (amount: number): number => Math.min(shareDown(amount, discountBps), most);
      return { thresholdMinor: 0, reductionOf, gifts: NO_GIFTS };
    }
    default:
      return assertNever(rule);
  }
}

function fullReduction({ tiers, isRepeating }: FullReductionRule): ExactRule {
  const exact = tiers.map((tier) => ({
    threshold: Number(tier.thresholdMinor),
    reduction: Number(tier.reductionMinor),
  }));
  const thresholdMinor = exact[0]?.threshold ?? Infinity;
  const [only] = exact;
  if (isRepeating && only !== undefined) {
    const reductionOf = (amount: number): number => Math.floor(amount / only.threshold) * only.reduction;
    return { thresholdMinor, reductionOf, gifts: NO_GIFTS };
  }
  const reductionOf = (amount: number): number => {
    let reduction = 0;
    for (const tier of exact) if (amount >= tier.threshold) reduction = tier.reduction; // thresholds ascend
    return reduction;
  };
  return { thresholdMinor, reductionOf, gifts: NO_GIFTS };
}

/** floor(amount × bps / 10,000) without the product, which could be too large for a double. */
function shareDown(amount: number, bps: number): number {
  const wholes = Math.floor(amount / BPS_OF_WHOLE);
  return wholes * bps + Math.floor(((amount - wholes * BPS_OF_WHOLE) * bps) / BPS_OF_WHOLE);
}
