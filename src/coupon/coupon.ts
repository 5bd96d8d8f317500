/**
 * The coupon, as a template of grants: what one is worth, who may have it, how many there are, and for how long.
 *
 *   draft ──activate──► active ◄──pause, activate──► paused
 *     └───────────────────┴──── end, or closesAt ─────┴──► ended
 *
 * `closesAt` ends it by the clock, without a write. An end stops giving; grants live on until their own end of validity.
 * `version` counts edits, changes of stock and moves, from 1.
 */
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
  readonly counts: CouponCounts;
}

export const couponState = ({ storedState, closesAt }: Pick<Coupon, 'storedState' | 'closesAt'>, now: EpochMs) =>
  now >= closesAt ? 'ended' : storedState;

/** Undefined = without limit. */
export const stockLeft = ({ stock, counts }: Pick<Coupon, 'stock' | 'counts'>): number | undefined =>
  stock === undefined ? undefined : stock - counts.granted;

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
export const lastValidUntil = (coupon: Pick<Coupon, 'validity' | 'closesAt'>): EpochMs =>
  validityOf(coupon, coupon.closesAt).validUntil;
