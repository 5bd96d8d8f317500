/**
 * The coupon, as a template of grants: what one is worth, who may have it, how many there are, and for how long.
 *
 *   draft ──activate──► active ◄──pause, activate──► paused
 *     └───────────────────┴──── end, or closesAt ─────┴──► ended
 *
 * `closesAt` ends it by the clock, without a write. An end stops giving; grants live on until their own end of validity.
 * `version` counts edits, changes of stock and moves, from 1.
 */
import { assertNever } from '../core/assert.js';
import type { CampaignId, CouponId, PromotionId } from '../core/ids.js';
import { addMs, DAY_MS, type EpochMs } from '../core/time.js';
import type { PromotionRule, PromotionScope } from '../promotion/promotion.js';

/** `platform`: given to every member who is due, at login or when the wallet is read. `selfClaim`: members ask for it. */
export const COUPON_ISSUES = ['platform', 'selfClaim'] as const;
export type CouponIssue = (typeof COUPON_ISSUES)[number];

/** Whether an order may lock it beside other coupons. */
export const COUPON_STACKINGS = ['alone', 'withOthers'] as const;
export type CouponStacking = (typeof COUPON_STACKINGS)[number];

/** What becomes of a redeemed grant when its order is refunded. */
export const REFUND_RULES = ['available', 'expired'] as const;
export type RefundRule = (typeof REFUND_RULES)[number];

export type CouponValidity =
  /** The same window for every grant; `endsAt` is the first instant at which it no longer holds. */
  | { readonly kind: 'window'; readonly startsAt: EpochMs; readonly endsAt: EpochMs }
  /** So many times 24 hours from the grant. */
  | { readonly kind: 'days'; readonly days: number };
export const COUPON_VALIDITY_KINDS = ['window', 'days'] as const satisfies readonly CouponValidity['kind'][];

export type CouponAudience =
  | { readonly kind: 'everybody' }
  /** Members of the frozen audience of a campaign, and nobody else. */
  | { readonly kind: 'campaign'; readonly campaignId: CampaignId };

/** What an operator decides about a coupon. */
export interface CouponTerms {
  /** 1 to 120 characters, NFC, trimmed. */
  readonly name: string;
  /** Up to 2,000 characters. */
  readonly description: string | undefined;
  /** The promotion it belongs to. */
  readonly promotionId: PromotionId | undefined;
  readonly issue: CouponIssue;
  readonly rule: PromotionRule;
  /** ISO 4217 code of every amount in the rule and of the budget. */
  readonly currency: string;
  readonly scope: PromotionScope;
  readonly validity: CouponValidity;
  /** First instant at which it is given. */
  readonly opensAt: EpochMs;
  /** First instant at which it is given no more. */
  readonly closesAt: EpochMs;
  readonly audience: CouponAudience;
  /** 1 to 100; 1 where the platform issues it. */
  readonly limitPerMember: number;
  readonly stacking: CouponStacking;
  readonly afterRefund: RefundRule;
  /** Whether all who have not got it by then are given it just before it closes; only where the platform issues it. */
  readonly sweepAtClose: boolean;
  /** Whether members claim it by codes (src/coupon/code) and in no other way; only where they claim it at all. */
  readonly byCodeOnly: boolean;
  /** How many there are; undefined = without limit. */
  readonly stock: number | undefined;
  /** Most discount that locked and redeemed grants may add up to; undefined = without limit. */
  readonly budgetMinor: bigint | undefined;
}

/** Kept in the transaction of each move of a grant; never taken from a request. */
export interface CouponCounts {
  /** Every grant ever given, whatever became of it. */
  readonly granted: number;
  readonly locked: number;
  readonly redeemed: number;
  /** Forfeited by a refund whose rule says so; the end of validity is derived and not counted here. */
  readonly forfeited: number;
  readonly revoked: number;
  readonly lockedMinor: bigint;
  readonly redeemedMinor: bigint;
}

/** What is added to counts; left out = nothing. */
export type CountChanges = Partial<CouponCounts>;

export const NO_COUNTS: CouponCounts = {
  granted: 0,
  locked: 0,
  redeemed: 0,
  forfeited: 0,
  revoked: 0,
  lockedMinor: 0n,
  redeemedMinor: 0n,
};

export const COUPON_STATES = ['draft', 'active', 'paused', 'ended'] as const;
export type CouponState = (typeof COUPON_STATES)[number];

export interface Coupon extends CouponTerms {
  readonly id: CouponId;
  readonly version: number;
  /** As a person left it; `couponState` adds the clock. */
  readonly storedState: CouponState;
  readonly createdBy: string;
  readonly createdAt: EpochMs;
  readonly editedAt: EpochMs | undefined;
  /** When a person ended it. */
  readonly endedAt: EpochMs | undefined;
  /** Whether it was ever given to many at once, so that grants of it may be bits (see held-grants.ts). */
  readonly isGivenEagerly: boolean;
  /** When all of its grants that are not redeemed were taken back (see recall-coupon.ts). */
  readonly recalledAt: EpochMs | undefined;
  readonly counts: CouponCounts;
}

export const couponState = ({ storedState, closesAt }: Pick<Coupon, 'storedState' | 'closesAt'>, now: EpochMs) =>
  now >= closesAt ? 'ended' : storedState;

/** Undefined = without limit. */
export const stockLeft = ({ stock, counts }: Pick<Coupon, 'stock' | 'counts'>): number | undefined =>
  stock === undefined ? undefined : stock - counts.granted;

/** What the budget has left for more discount; undefined = without limit. */
export const budgetLeft = ({ budgetMinor, counts }: Pick<Coupon, 'budgetMinor' | 'counts'>): bigint | undefined =>
  budgetMinor === undefined ? undefined : budgetMinor - counts.lockedMinor - counts.redeemedMinor;

/** Whether there is nothing to tell of: the stock is gone, or the budget has no room for one more discount. */
export function isGivenOut(coupon: Pick<Coupon, 'stock' | 'budgetMinor' | 'counts' | 'rule'>): boolean {
  const freeMinor = budgetLeft(coupon);
  return stockLeft(coupon) === 0 || (freeMinor !== undefined && freeMinor < leastDiscountMinor(coupon.rule));
}

/** What the cheapest use takes of a budget; of a cut in full, though a basket may cost less than that. */
function leastDiscountMinor(rule: PromotionRule): bigint {
  switch (rule.kind) {
    case 'directCut':
      return rule.cutMinor;
    case 'fullReduction':
      return rule.tiers[0]?.reductionMinor ?? 1n;
    case 'discount':
    case 'gift':
      return 1n;
    default:
      return assertNever(rule);
  }
}

/** From when on it is given no more: its close, unless a person ended it before. */
export const couponEndsAt = ({ closesAt, endedAt }: Pick<Coupon, 'closesAt' | 'endedAt'>): EpochMs =>
  endedAt !== undefined && endedAt < closesAt ? endedAt : closesAt;

/** The coupon once these changes are counted. */
export function afterChanges(coupon: Coupon, changes: CountChanges): Coupon {
  const { counts } = coupon;
  return {
    ...coupon,
    counts: {
      granted: counts.granted + (changes.granted ?? 0),
      locked: counts.locked + (changes.locked ?? 0),
      redeemed: counts.redeemed + (changes.redeemed ?? 0),
      forfeited: counts.forfeited + (changes.forfeited ?? 0),
      revoked: counts.revoked + (changes.revoked ?? 0),
      lockedMinor: counts.lockedMinor + (changes.lockedMinor ?? 0n),
      redeemedMinor: counts.redeemedMinor + (changes.redeemedMinor ?? 0n),
    },
  };
}

/** The times between which a grant given at `grantedAt` can be used. */
export function validityOf(
  { validity }: Pick<Coupon, 'validity'>,
  grantedAt: EpochMs,
): { readonly validFrom: EpochMs; readonly validUntil: EpochMs } {
  return validity.kind === 'window'
    ? { validFrom: validity.startsAt, validUntil: validity.endsAt }
    : { validFrom: grantedAt, validUntil: addMs(grantedAt, validity.days * DAY_MS) };
}

/** From when on no grant of it can be valid any more. */
export const lastValidUntil = (coupon: Pick<Coupon, 'validity' | 'closesAt' | 'endedAt'>): EpochMs =>
  validityOf(coupon, couponEndsAt(coupon)).validUntil;

/** From when on no grant of it can expire any more: what a recall took back does not. */
export const nothingExpiresFrom = (coupon: Pick<Coupon, 'validity' | 'closesAt' | 'endedAt' | 'recalledAt'>): EpochMs =>
  coupon.recalledAt ?? lastValidUntil(coupon);

/**
 * Grants that are revoked: one by one, and all that a recall left neither with an order nor redeemed nor forfeited, so that
 * granted = locked + redeemed + forfeited + revoked of a recalled coupon.
 */
export const revokedCount = ({ counts, recalledAt }: Pick<Coupon, 'counts' | 'recalledAt'>): number =>
  recalledAt === undefined ? counts.revoked : counts.granted - counts.locked - counts.redeemed - counts.forfeited;
