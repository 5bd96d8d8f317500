import { DomainError } from '../../core/errors.js';
import type { CouponId } from '../../core/ids.js';
import type { Random } from '../../core/ports/random.js';
import type { EpochMs } from '../../core/time.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState } from '../coupon.js';
import { getCoupon } from '../get-coupon.js';
import type { CodeHasher } from './code-hash.js';
import { drawCode, writeCode } from './coupon-code.js';

export const MAX_CODES_AT_ONCE = 10_000;

export interface MadeCodes {
  readonly codes: readonly string[];
  /** By which they are voided (see void-codes.ts). */
  readonly madeAt: EpochMs;
}

/**
 * Makes so many codes of a coupon and answers them as they are to be shown: the store keeps their hashes alone, so that
 * they cannot be shown again. Not safe to repeat: each call makes others.
 * @throws DomainError `NOT_FOUND`; `INVALID_INPUT` where the coupon is not had by codes; `COUPON_STATE` once it has ended.
 */
export async function makeCodes(
  tx: CouponTx,
  { now, random, hash }: { readonly now: EpochMs; readonly random: Random; readonly hash: CodeHasher },
  { couponId, count }: { readonly couponId: CouponId; readonly count: number },
): Promise<MadeCodes> {
  if (!Number.isInteger(count) || count < 1 || count > MAX_CODES_AT_ONCE) {
    throw new DomainError('INVALID_INPUT', `Ask for 1 to ${MAX_CODES_AT_ONCE} codes at a time.`, { field: 'count' });
  }
  const coupon = await getCoupon(tx, couponId);
  if (!coupon.byCodeOnly) {
    throw new DomainError(
      'INVALID_INPUT',
      `Coupon ${couponId} is not had by codes; create one with \`byCodeOnly\`, or edit it while it is a draft.`,
      { couponId, field: 'byCodeOnly' },
    );
  }
  if (couponState(coupon, now) === 'ended') {
    throw new DomainError('COUPON_STATE', `Coupon ${couponId} has ended; its codes would give nothing.`, {
      couponId,
      state: 'ended',
    });
  }
  const codes = Array.from({ length: count }, () => drawCode(random));
  await tx.codes.insert(codes.map((code) => ({ hash: hash(code), couponId, madeAt: now })));
  return { codes: codes.map(writeCode), madeAt: now };
}
