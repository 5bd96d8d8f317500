/** Rules and scopes as JSON: what the store keeps and what the API answers. Amounts are decimal strings. */
import { assert, assertNever } from '../core/assert.js';
import { PROMOTION_KINDS, PROMOTION_SCOPE_KINDS, type PromotionRule, type PromotionScope } from './promotion.js';

export type PromotionRuleJson =
  | {
      kind: 'fullReduction';
      tiers: { thresholdMinor: string; reductionMinor: string }[];
      isRepeating: boolean;
    }
  | { kind: 'directCut'; cutMinor: string }
  | { kind: 'gift'; thresholdMinor: string; gifts: { productId: string; quantity: number }[] }
  | { kind: 'discount'; discountBps: number; maxReductionMinor: string | null };

export type PromotionScopeJson =
  | { kind: 'wholeShop' }
  | { kind: 'seller'; shopNumber: string }
  | { kind: 'categories'; categoryIds: string[] }
  | { kind: 'products'; productIds: string[] };

export function ruleToJson(rule: PromotionRule): PromotionRuleJson {
  switch (rule.kind) {
    case 'fullReduction':
      return {
        kind: rule.kind,
        tiers: rule.tiers.map(({ thresholdMinor, reductionMinor }) => ({
          thresholdMinor: thresholdMinor.toString(),
          reductionMinor: reductionMinor.toString(),
        })),
        isRepeating: rule.isRepeating,
      };
    case 'directCut':
      return { kind: rule.kind, cutMinor: rule.cutMinor.toString() };
    case 'gift':
      return {
        kind: rule.kind,
        thresholdMinor: rule.thresholdMinor.toString(),
        gifts: rule.gifts.map((gift) => ({ ...gift })),
      };
    case 'discount':
      return {
        kind: rule.kind,
        discountBps: rule.discountBps,
        maxReductionMinor: rule.maxReductionMinor?.toString() ?? null,
      };
    default:
      return assertNever(rule);
  }
}

export function ruleFromJson(json: PromotionRuleJson): PromotionRule {
  switch (json.kind) {
    case 'fullReduction':
      return {
        kind: json.kind,
        tiers: json.tiers.map(({ thresholdMinor, reductionMinor }) => ({
          thresholdMinor: BigInt(thresholdMinor),
          reductionMinor: BigInt(reductionMinor),
        })),
        isRepeating: json.isRepeating,
      };
    case 'directCut':
      return { kind: json.kind, cutMinor: BigInt(json.cutMinor) };
    case 'gift':
      return { kind: json.kind, thresholdMinor: BigInt(json.thresholdMinor), gifts: json.gifts };
    case 'discount':
      return {
        kind: json.kind,
        discountBps: json.discountBps,
        maxReductionMinor: json.maxReductionMinor === null ? undefined : BigInt(json.maxReductionMinor),
      };
    default:
      return assertNever(json);
  }
}

export function scopeToJson(scope: PromotionScope): PromotionScopeJson {
  switch (scope.kind) {
    case 'wholeShop':
      return { kind: scope.kind };
    case 'seller':
      return { kind: scope.kind, shopNumber: scope.shopNumber };
    case 'categories':
      return { kind: scope.kind, categoryIds: [...scope.categoryIds] };
    case 'products':
      return { kind: scope.kind, productIds: [...scope.productIds] };
    default:
      return assertNever(scope);
  }
}

/** Reads a rule that `ruleToJson` wrote; a text of another origin is a broken invariant. */
export function parseStoredRule(text: string): PromotionRule {
  const json = JSON.parse(text) as PromotionRuleJson; // written by ruleToJson; its kind is checked next
  assert(PROMOTION_KINDS.includes(json.kind), `a stored promotion rule has kind ${json.kind}`);
  return ruleFromJson(json);
}

/** Reads a scope that `scopeToJson` wrote. */
export function parseStoredScope(text: string): PromotionScope {
  const json = JSON.parse(text) as PromotionScopeJson; // written by scopeToJson; its kind is checked next
  assert(PROMOTION_SCOPE_KINDS.includes(json.kind), `a stored promotion scope has kind ${json.kind}`);
  return json;
}
