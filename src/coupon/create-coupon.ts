import { DomainError } from '../core/errors.js';
import { couponId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { getPromotion } from '../promotion/get-promotion.js';
import { normaliseTerms } from '../promotion/promotion-rules.js';
import { couponEvent } from './coupon-event.js';
import type { CouponTx } from './coupon-repository.js';
import { checkCouponTerms } from './coupon-rules.js';
import { NO_COUNTS, type Coupon, type CouponTerms } from './coupon.js';

export interface CreateCoupon extends CouponTerms {
  readonly createdBy: string;
}

/**
 * Makes a draft: one row, whatever the number of members. Nobody gets it before it is activated.
 * @throws DomainError `INVALID_INPUT` for terms that contradict themselves; `NOT_FOUND` for a promotion or campaign that
 *   does not exist.
 */
export async function createCoupon(tx: CouponTx, now: EpochMs, command: CreateCoupon): Promise<Coupon> {
  const terms = normaliseTerms(command);
  checkCouponTerms(terms, now);
  await checkReferences(tx, terms);
  const coupon: Coupon = {
    ...terms,
    id: couponId(await tx.ids.take('coupon', 1)),
    version: 1,
    storedState: 'draft',
    createdAt: now,
    editedAt: undefined,
    endedAt: undefined,
    isGivenEagerly: false,
    recalledAt: undefined,
    counts: NO_COUNTS,
  };
  await tx.coupons.insert(coupon);
  await tx.outbox.append(couponEvent(TOPICS.couponCreated, coupon, now));
  return coupon;
}

/** @throws DomainError `NOT_FOUND` for a promotion or campaign that does not exist. */
export async function checkReferences(tx: CouponTx, { promotionId, audience }: CouponTerms): Promise<void> {
  if (promotionId !== undefined) await getPromotion(tx, promotionId);
  if (audience.kind === 'campaign' && (await tx.campaigns.find(audience.campaignId)) === undefined) {
    throw new DomainError('NOT_FOUND', `There is no campaign ${audience.campaignId}; list them to see which exist.`, {
      campaignId: audience.campaignId,
    });
  }
}
