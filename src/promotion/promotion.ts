/**
 * The offer: what is reduced, for what, and when.
 *
 *   scheduled ──(startsAt)──► running ──(endsAt, or ended by a person)──► ended
 *
 * The state is derived from the clock, never stored. `version` counts edits, from 1.
 */
import type { CampaignId, PromotionId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';

export const PROMOTION_KINDS = ['fullReduction', 'directCut', 'gift', 'discount'] as const;
export type PromotionKind = (typeof PROMOTION_KINDS)[number];

/** Spend `thresholdMinor`, get `reductionMinor` off; the highest tier that is reached counts. */
export interface FullReductionRule {
  readonly kind: 'fullReduction';
  /** By ascending threshold, 1 to 20. */
  readonly tiers: readonly { readonly thresholdMinor: bigint; readonly reductionMinor: bigint }[];
  /** With one tier: again for each further full threshold. */
  readonly isRepeating: boolean;
}

/** `cutMinor` off each order in scope, whatever its amount. */
export interface DirectCutRule {
  readonly kind: 'directCut';
  readonly cutMinor: bigint;
}

/** Spend `thresholdMinor` (0 = anything), get products for nothing. */
export interface GiftRule {
  readonly kind: 'gift';
  readonly thresholdMinor: bigint;
  /** 1 to 20. */
  readonly gifts: readonly { readonly productId: string; readonly quantity: number }[];
}

/** `discountBps` hundredths of a percent off (2,000 = 20 % off), rounded down to the minor unit. */
export interface DiscountRule {
  readonly kind: 'discount';
  /** 1 to 9,999. */
  readonly discountBps: number;
  /** Most that is taken off an order; undefined = no limit. */
  readonly maxReductionMinor: bigint | undefined;
}

export type PromotionRule = FullReductionRule | DirectCutRule | GiftRule | DiscountRule;

export type PromotionScope =
  | { readonly kind: 'wholeShop' }
  | { readonly kind: 'seller'; readonly shopNumber: string }
  | { readonly kind: 'categories'; readonly categoryIds: readonly string[] }
  | { readonly kind: 'products'; readonly productIds: readonly string[] };
export const PROMOTION_SCOPE_KINDS = [
  'wholeShop',
  'seller',
  'categories',
  'products',
] as const satisfies readonly PromotionScope['kind'][];

/** What an operator decides about a promotion. */
export interface PromotionTerms {
  /** 1 to 120 characters, NFC, trimmed. */
  readonly name: string;
  /** Up to 2,000 characters. */
  readonly description: string | undefined;
  readonly rule: PromotionRule;
  /** ISO 4217 code of every amount in the rule. */
  readonly currency: string;
  readonly scope: PromotionScope;
  readonly startsAt: EpochMs;
  /** The first instant at which it no longer holds. */
  readonly endsAt: EpochMs;
}

export interface Promotion extends PromotionTerms {
  readonly id: PromotionId;
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: EpochMs;
  readonly editedAt: EpochMs | undefined;
  /** When a person ended it before its time. */
  readonly endedAt: EpochMs | undefined;
  /** The campaign that was started with it. */
  readonly campaignId: CampaignId | undefined;
}

export const PROMOTION_STATES = ['scheduled', 'running', 'ended'] as const;
export type PromotionState = (typeof PROMOTION_STATES)[number];

export function promotionState(
  promotion: Pick<Promotion, 'startsAt' | 'endsAt' | 'endedAt'>,
  now: EpochMs,
): PromotionState {
  if (promotion.endedAt !== undefined || now >= promotion.endsAt) return 'ended';
  return now < promotion.startsAt ? 'scheduled' : 'running';
}
