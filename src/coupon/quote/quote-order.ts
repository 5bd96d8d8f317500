/**
 * The one order in which offers are taken off a basket: promotions, then coupons; of each, by kind.
 *
 *   gift, fullReduction   ask for a threshold: they come while most of the price still stands
 *   discount              a share of what is left
 *   directCut             asks for nothing, so it comes last
 *
 * Promotions come first because everybody has them: what a member holds changes neither the prices that the shop shows
 * nor whether a promotion's threshold is reached. Of one kind, older promotions come first, and coupons whose validity
 * ends sooner, so that of two alike the one is used that would be lost first. Nothing in it depends on how lists came.
 */
import type { Promotion, PromotionKind } from '../../promotion/promotion.js';
import { validityOf, type Coupon } from '../coupon.js';
import type { Grant } from '../grant/grant.js';

const KIND_ORDER: Readonly<Record<PromotionKind, number>> = { gift: 0, fullReduction: 1, discount: 2, directCut: 3 };

/** A grant with its coupon: an item of a wallet is one. */
export interface HeldGrant {
  readonly grant: Grant;
  readonly coupon: Coupon;
}

export const inPromotionOrder = <Each extends Promotion>(promotions: readonly Each[]): readonly Each[] =>
  [...promotions].sort((left, right) => KIND_ORDER[left.rule.kind] - KIND_ORDER[right.rule.kind] || left.id - right.id);

export function inCouponOrder<Each extends HeldGrant>(held: readonly Each[]): readonly Each[] {
  const withEnds = held.map((each) => ({ each, ...sortsBy(each) }));
  withEnds.sort(
    (left, right) =>
      left.kind - right.kind || left.endsAt - right.endsAt || left.couponId - right.couponId || left.n - right.n,
  );
  return withEnds.map(({ each }) => each);
}

const sortsBy = ({ grant, coupon }: HeldGrant) => ({
  couponId: grant.couponId,
  n: grant.n,
  kind: KIND_ORDER[coupon.rule.kind],
  endsAt: validityOf(coupon, grant.grantedAt).validUntil,
});
