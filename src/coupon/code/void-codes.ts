import { DomainError } from '../../core/errors.js';
import type { CouponId } from '../../core/ids.js';
import { formatInstant, type EpochMs } from '../../core/time.js';
import type { CouponTx } from '../coupon-repository.js';
import { lockCoupon } from '../get-coupon.js';
import type { CodeMaking } from './code-repository.js';

/** Makings that are shown of one coupon. */
const MAX_SHOWN = 1_000;

/** Codes of a coupon by the moment at which they were made, newest first. */
export const listMakings = (tx: Pick<CouponTx, 'codes'>, couponId: CouponId): Promise<readonly CodeMaking[]> =>
  tx.codes.makings(couponId, MAX_SHOWN);

/**
 * Takes back the codes of one making that nobody has used: from here on they are as codes that never were. For those whose
 * answer was lost, or that came into wrong hands.
 * @throws DomainError `NOT_FOUND` for the coupon, and where no codes of that moment are left.
 */
export async function voidCodes(
  tx: Pick<CouponTx, 'coupons' | 'codes'>,
  { couponId, madeAt }: { readonly couponId: CouponId; readonly madeAt: EpochMs },
): Promise<{ readonly voided: number; readonly used: number }> {
  await lockCoupon(tx, couponId); // nobody uses one meanwhile
  const making = (await tx.codes.makings(couponId, 1, madeAt))[0];
  if (making === undefined) {
    throw new DomainError(
      'NOT_FOUND',
      `Coupon ${couponId} has no codes that were made at ${formatInstant(madeAt)}; list its codes to see when they were.`,
      { couponId, madeAt: formatInstant(madeAt) },
    );
  }
  return { voided: await tx.codes.removeUnused(couponId, madeAt), used: making.used };
}
