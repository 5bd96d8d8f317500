/**
 * Filters over coupons, slice by slice: one byte per ordinal of the slice, 1 where the member passes. Compilers of filters
 * look into it by position, as they do for tags.
 *
 * Cost of a slice: the grants of the coupon in it, by their key, or the buckets and cells of the campaigns that told of it.
 * States and days are those of the clock when the slice is read.
 */
import type { AudienceRepository } from '../../campaign/audience-repository.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import type { Campaign } from '../../campaign/campaign.js';
import type { DomainError } from '../../core/errors.js';
import { couponId } from '../../core/ids.js';
import type { CouponFilter, MemberFilter } from '../../core/member-filter.js';
import { rangeLength, type OrdinalRange } from '../../core/ranges.js';
import { DAY_MS, type EpochMs } from '../../core/time.js';
import { isCouponFilter } from '../../membership/coupon-fields.js';
import { childFilters } from '../../membership/filter-fields.js';
import { invalidFilter } from '../../membership/filter-refusal.js';
import type { CouponRepository } from '../coupon-repository.js';
import { validityOf, type Coupon } from '../coupon.js';
import type { GrantBitsRepository } from '../grant/grant-bits-repository.js';
import type { GrantRepository } from '../grant/grant-repository.js';
import { grantStateAt } from '../grant/grant-state.js';
import type { Grant } from '../grant/grant.js';
import { grantsIn } from '../grant/grants-in-range.js';
import { hasCells, toldIn, type ToldTx } from './told-members.js';

/** What filters over coupons read. */
export interface CouponMaskTx extends ToldTx {
  readonly coupons: Pick<CouponRepository, 'find'>;
  readonly grants: Pick<GrantRepository, 'rowsAfter'>;
  readonly grantBits: Pick<GrantBitsRepository, 'inBlocks'>;
  readonly campaigns: Pick<CampaignRepository, 'ofCoupon' | 'channels'>;
  readonly audiences: Pick<AudienceRepository, 'bucketsTouching'>;
}

/**
 * Undefined where nobody in the range passes.
 * @throws DomainError `INVALID_FILTER` for a coupon that does not exist.
 */
export async function couponMask(
  tx: CouponMaskTx,
  { filter, range, now }: { readonly filter: CouponFilter; readonly range: OrdinalRange; readonly now: EpochMs },
): Promise<Uint8Array | undefined> {
  const coupon = await findAsked(tx, filter);
  const mask = new SliceMask(range);
  if (filter.kind === 'couponTold') {
    for (const campaign of await tx.campaigns.ofCoupon(coupon.id)) await markTold(tx, campaign, mask);
  } else {
    await markHolders(tx, { coupon, filter, now, mask });
  }
  return mask.bytes;
}

/** @throws DomainError `INVALID_FILTER` for a coupon that does not exist. */
export async function checkFilterCoupons(tx: Pick<CouponMaskTx, 'coupons'>, filter: MemberFilter): Promise<void> {
  for (const each of couponFiltersOf(filter)) await findAsked(tx, each);
}

/** Every test of a coupon in a filter. */
export const couponFiltersOf = (filter: MemberFilter): readonly CouponFilter[] =>
  isCouponFilter(filter) ? [filter] : childFilters(filter).flatMap(couponFiltersOf);

async function findAsked(tx: Pick<CouponMaskTx, 'coupons'>, filter: CouponFilter): Promise<Coupon> {
  const coupon = await tx.coupons.find(couponId(filter.couponId));
  if (coupon !== undefined) return coupon;
  throw unknownCoupon(filter.couponId);
}

export const unknownCoupon = (id: number): DomainError =>
  invalidFilter('unknownCoupon', `The filter asks for coupon ${id}, and there is none.`, { couponId: id });

/** The bytes, made when the first one is set. */
class SliceMask {
  bytes: Uint8Array | undefined;

  constructor(readonly range: OrdinalRange) {}

  set(ordinal: number): void {
    const { from, until } = this.range;
    if (ordinal < from || ordinal >= until) return;
    this.bytes ??= new Uint8Array(rangeLength(this.range));
    this.bytes[ordinal - from] = 1;
  }
}

interface Holders {
  readonly coupon: Coupon;
  readonly filter: Exclude<CouponFilter, { readonly kind: 'couponTold' }>;
  readonly now: EpochMs;
  readonly mask: SliceMask;
}

async function markHolders(tx: CouponMaskTx, { coupon, filter, now, mask }: Holders): Promise<void> {
  for await (const grant of grantsIn((body) => body(tx), coupon, mask.range)) {
    if (passes(filter, { grant, coupon, now })) mask.set(grant.ordinal);
  }
}

function passes(
  filter: Holders['filter'],
  { grant, coupon, now }: { readonly grant: Grant; readonly coupon: Coupon; readonly now: EpochMs },
): boolean {
  if (filter.kind === 'couponHeld') return true;
  const state = grantStateAt(grant, coupon, now);
  if (filter.kind === 'couponState') return filter.test.values.includes(state);
  if (state !== 'available') return false;
  const daysLeft = Math.ceil((validityOf(coupon, grant.grantedAt).validUntil - now) / DAY_MS);
  if (filter.test.kind === 'in') return filter.test.values.includes(daysLeft);
  return daysLeft >= (filter.test.atLeast ?? -Infinity) && daysLeft <= (filter.test.atMost ?? Infinity);
}

async function markTold(tx: CouponMaskTx, campaign: Campaign, mask: SliceMask): Promise<void> {
  if (!hasCells(campaign)) return;
  const { from, until } = mask.range;
  const buckets = await tx.audiences.bucketsTouching(campaign.audienceId, from, until);
  for (const ordinal of await toldIn(tx, campaign, buckets)) mask.set(ordinal);
}
