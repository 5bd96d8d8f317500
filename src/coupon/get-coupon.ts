import { DomainError } from '../core/errors.js';
import type { CouponId } from '../core/ids.js';
import type { Coupon } from './coupon.js';
import type { CouponTx } from './coupon-repository.js';

/** @throws DomainError `NOT_FOUND`. */
export async function getCoupon(tx: Pick<CouponTx, 'coupons'>, id: CouponId): Promise<Coupon> {
  return (await tx.coupons.find(id)) ?? refuseUnknown(id);
}

/** As `getCoupon`; nobody else changes it before this transaction has ended. */
export async function lockCoupon(tx: Pick<CouponTx, 'coupons'>, id: CouponId): Promise<Coupon> {
  return (await tx.coupons.lock(id)) ?? refuseUnknown(id);
}

export function refuseUnknown(id: CouponId): never {
  throw new DomainError('NOT_FOUND', `There is no coupon ${id}; list them to see which exist.`, { couponId: id });
}
