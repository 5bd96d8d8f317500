import type { Brand } from './brand.js';

/**
 * Ids of rows are positive safe integers given by one allocator per kind (never by AUTO_INCREMENT order):
 * they are unique, not ordered by commit, and never reused.
 */
export type PromotionId = Brand<number, 'PromotionId'>;
export type CampaignId = Brand<number, 'CampaignId'>;
export type CouponId = Brand<number, 'CouponId'>;
/** A coupon given to many at once. */
export type IssueRunId = Brand<number, 'IssueRunId'>;
export type AudienceId = Brand<number, 'AudienceId'>;

/** The shop's own key of a member: 1 to 128 visible characters, compared byte by byte. */
export type MemberId = Brand<string, 'MemberId'>;

/**
 * Our number of a member: unique, given once, never reused, nearly dense, from 0.
 * Everything hot is addressed by it (buckets, bitmaps, ledger cells).
 */
export type Ordinal = Brand<number, 'Ordinal'>;

/** The shop's own key of an order: 1 to 128 visible characters, compared byte by byte. */
export type OrderId = Brand<string, 'OrderId'>;

export const promotionId = (value: number): PromotionId => value as PromotionId; // the minting places of the brands
export const campaignId = (value: number): CampaignId => value as CampaignId;
export const couponId = (value: number): CouponId => value as CouponId;
export const issueRunId = (value: number): IssueRunId => value as IssueRunId;
export const audienceId = (value: number): AudienceId => value as AudienceId;
export const memberId = (value: string): MemberId => value as MemberId;
export const orderId = (value: string): OrderId => value as OrderId;
export const ordinal = (value: number): Ordinal => value as Ordinal;
