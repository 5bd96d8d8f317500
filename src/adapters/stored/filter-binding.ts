import type { CouponFilter, MemberFilter } from '../../core/member-filter.js';
import { isCouponFilter } from '../../membership/coupon-fields.js';
import type { OrdinalRange } from '../../core/ranges.js';
import { childFilters } from '../../membership/filter-fields.js';
import { CouponMaskParameter, SliceParameter, TagMaskParameter } from './filter-compiler.js';

/** What changes from slice to slice of one scan. */
export interface SliceBounds {
  readonly range: OrdinalRange;
  readonly limit: number;
}

/** One byte per ordinal of a slice, 1 where the member passes; undefined where nobody does. */
export interface SliceMasks {
  ofTags(tags: readonly string[]): Uint8Array | undefined;
  ofCoupon(filter: CouponFilter): Uint8Array | undefined;
}

/** Reads the mask of a test of a coupon. @throws DomainError `INVALID_FILTER` for one that does not exist. */
export type ReadCouponMask = (filter: CouponFilter, range: OrdinalRange) => Promise<Uint8Array | undefined>;

/** The parameters of a compiled filter with those of a slice in their places. */
export const bindSlice = (
  parameters: readonly unknown[],
  { range, limit }: SliceBounds,
  masks: SliceMasks,
): readonly unknown[] =>
  parameters.map((parameter) => {
    if (parameter instanceof SliceParameter) return { from: range.from, until: range.until, limit }[parameter.what];
    if (parameter instanceof CouponMaskParameter) return masks.ofCoupon(parameter.filter) ?? NOBODY;
    return parameter instanceof TagMaskParameter ? (masks.ofTags(parameter.tags) ?? NOBODY) : parameter;
  });

/** Positions behind the end of a mask are nobody's. (An empty blob would be bound as NULL.) */
const NOBODY = new Uint8Array(1);

/** Tags of which a match must carry one, list by list. */
export const requiredTags = (filter: MemberFilter): readonly (readonly string[])[] =>
  conjuncts(filter).flatMap((each) => (each.kind === 'tag' ? [each.test.values] : []));

/** Tests of coupons that a match must pass. */
export const requiredCoupons = (filter: MemberFilter): readonly CouponFilter[] =>
  conjuncts(filter).filter(isCouponFilter);

const conjuncts = (filter: MemberFilter): readonly MemberFilter[] =>
  filter.kind === 'and' ? childFilters(filter).flatMap(conjuncts) : [filter];

/** The masks of every test of a coupon among the parameters, each read once. */
export async function couponMasksOf(
  parameters: readonly unknown[],
  range: OrdinalRange,
  readMask: ReadCouponMask,
): Promise<SliceMasks['ofCoupon']> {
  const masks = new Map<string, Uint8Array | undefined>();
  for (const parameter of parameters) {
    if (!(parameter instanceof CouponMaskParameter)) continue;
    const key = JSON.stringify(parameter.filter);
    if (!masks.has(key)) masks.set(key, await readMask(parameter.filter, range));
  }
  return (filter) => masks.get(JSON.stringify(filter));
}
