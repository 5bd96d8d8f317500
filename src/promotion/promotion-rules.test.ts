import { describe, expect, it } from 'vitest';
import { isDomainError } from '../core/errors.js';
import { epochMs } from '../core/time.js';
import { checkTerms } from './promotion-rules.js';
import type { PromotionRule, PromotionScope, PromotionTerms } from './promotion.js';

const TERMS: PromotionTerms = {
  name: 'Spring',
  description: undefined,
  rule: { kind: 'directCut', cutMinor: 500n },
  currency: 'EUR',
  scope: { kind: 'wholeShop' },
  startsAt: epochMs(1_000),
  endsAt: epochMs(2_000),
};

function refusedField(changes: Partial<PromotionTerms>, now?: number): unknown {
  try {
    checkTerms({ ...TERMS, ...changes }, now === undefined ? undefined : epochMs(now));
    return undefined;
  } catch (error) {
    if (!isDomainError(error, 'INVALID_INPUT')) throw error;
    return error.values['field'];
  }
}

const tiers = (...pairs: [bigint, bigint][]): PromotionRule => ({
  kind: 'fullReduction',
  tiers: pairs.map(([thresholdMinor, reductionMinor]) => ({ thresholdMinor, reductionMinor })),
  isRepeating: false,
});

describe('the terms of a promotion', () => {
  it.each<[string, Partial<PromotionTerms>]>([
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(121) }],
    ['name', { name: 'a\r\nBcc: b' }],
    ['description', { description: 'x'.repeat(2_001) }],
    ['endsAt', { endsAt: epochMs(1_000) }],
    ['endsAt', { endsAt: epochMs(1_000 + 6 * 366 * 86_400_000) }],
    ['currency', { currency: 'eur' }],
    ['currency', { currency: 'XXL' }],
  ])('are refused for a bad %s', (field, changes) => {
    expect(refusedField(changes)).toBe(field);
  });

  it('are refused when they are over at creation, and only then', () => {
    expect(refusedField({}, 2_000)).toBe('endsAt');
    expect(refusedField({}, 1_999)).toBeUndefined();
    expect(refusedField({})).toBeUndefined();
  });

  it('count characters as people do', () => {
    expect(refusedField({ name: '🎉'.repeat(120) })).toBeUndefined();
  });

  it.each<[string | undefined, PromotionRule]>([
    [undefined, tiers([10_000n, 1_000n], [20_000n, 3_000n])],
    ['rule.tiers', tiers()],
    ['rule.tiers.1.thresholdMinor', tiers([10_000n, 1_000n], [10_000n, 3_000n])],
    ['rule.tiers.1.reductionMinor', tiers([10_000n, 1_000n], [20_000n, 1_000n])],
    ['rule.tiers.0.reductionMinor', tiers([10_000n, 10_001n])],
    ['rule.tiers.0.thresholdMinor', tiers([0n, 0n])],
    ['rule.isRepeating', { ...tiers([1n, 1n], [2n, 2n]), isRepeating: true } as PromotionRule],
    ['rule.cutMinor', { kind: 'directCut', cutMinor: 0n }],
    ['rule.cutMinor', { kind: 'directCut', cutMinor: 10n ** 15n + 1n }],
    ['rule.thresholdMinor', { kind: 'gift', thresholdMinor: -1n, gifts: [{ productId: 'a', quantity: 1 }] }],
    ['rule.gifts', { kind: 'gift', thresholdMinor: 0n, gifts: [] }],
    ['rule.gifts.0.quantity', { kind: 'gift', thresholdMinor: 0n, gifts: [{ productId: 'a', quantity: 0 }] }],
    ['rule.gifts.0.productId', { kind: 'gift', thresholdMinor: 0n, gifts: [{ productId: ' a', quantity: 1 }] }],
    ['rule.discountBps', { kind: 'discount', discountBps: 0, maxReductionMinor: undefined }],
    ['rule.discountBps', { kind: 'discount', discountBps: 10_000, maxReductionMinor: undefined }],
    ['rule.discountBps', { kind: 'discount', discountBps: 12.5, maxReductionMinor: undefined }],
    ['rule.maxReductionMinor', { kind: 'discount', discountBps: 10, maxReductionMinor: 0n }],
    [undefined, { kind: 'discount', discountBps: 9_999, maxReductionMinor: 1n }],
  ])('name the field %s of a rule', (field, rule) => {
    expect(refusedField({ rule })).toBe(field);
  });

  it.each<[string | undefined, PromotionScope]>([
    [undefined, { kind: 'seller', shopNumber: '7' }],
    ['scope.shopNumber', { kind: 'seller', shopNumber: '' }],
    ['scope.categoryIds', { kind: 'categories', categoryIds: [] }],
    ['scope.productIds', { kind: 'products', productIds: ['a', 'a'] }],
    ['scope.productIds.1', { kind: 'products', productIds: ['a', 'b\u0000'] }],
  ])('name the field %s of a scope', (field, scope) => {
    expect(refusedField({ scope })).toBe(field);
  });
});
