import { DomainError } from '../core/errors.js';
import type { CouponId } from '../core/ids.js';
import type { Coupon } from './coupon.js';
import type { CouponRepository } from './coupon-repository.js';

interface WithCoupons<Method extends keyof CouponRepository> {
  readonly coupons: Pick<CouponRepository, Method>;
}

/** @throws DomainError `NOT_FOUND`. */
export async function getCoupon(tx: WithCoupons<'find'>, id: CouponId): Promise<Coupon> {
  return (await tx.coupons.find(id)) ?? refuseUnknown(id);
}

/** As `getCoupon`; nobody else changes it before this transaction has ended. */
export async function lockCoupon(tx: WithCoupons<'lock'>, id: CouponId): Promise<Coupon> {
  return (await tx.coupons.lock(id)) ?? refuseUnknown(id);
}

export function refuseUnknown(id: CouponId): never {
  throw new DomainError('NOT_FOUND', `There is no coupon ${id}; list them to see which exist.`, { couponId: id });
}
