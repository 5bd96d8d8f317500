import { prepareOpenAudience } from '../../campaign/audience-choice.js';
import type { CampaignTx } from '../../campaign/create-campaign.js';
import type { LaunchContext } from '../../campaign/launch-campaign.js';
import { startCampaign, type Announcement } from '../../campaign/start-campaign.js';
import { assert } from '../../core/assert.js';
import type { Coupon } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';
import { checkCouponTerms } from '../coupon-rules.js';
import { createCoupon, type CreateCoupon } from '../create-coupon.js';
import { moveCoupon } from '../move-coupon.js';

export interface CreateAnnounced extends CreateCoupon {
  /** The campaign that tells of it; named like the coupon unless it says otherwise. */
  readonly announce: Announcement;
  /** Whether only those whom the campaign's frozen audience holds may have it. */
  readonly isForThemOnly: boolean;
}

/**
 * Makes a coupon, activates it and launches the campaign that tells of it, all in the transaction given: there is no
 * moment at which one is there without the other. Nobody confirms a dry run; an audience larger than `maxMembers` pauses.
 * @throws DomainError as `createCoupon`, `createCampaign` and `launchCampaign` do.
 */
export async function createAnnouncedCoupon(
  tx: CouponTx & CampaignTx,
  context: Omit<LaunchContext, 'actor'>,
  { announce, isForThemOnly, ...command }: CreateAnnounced,
): Promise<Coupon> {
  const { now } = context;
  const { id } = await createCoupon(tx, now, command);
  const coupon = await moveCoupon(tx, now, { id, move: 'activate' });
  const { campaignId } = await startCampaign(
    tx,
    { ...context, actor: command.createdBy },
    {
      ...announce,
      name: announce.name ?? coupon.name,
      promotionId: coupon.promotionId,
      couponId: id,
      audience: prepareOpenAudience(announce.audience),
    },
  );
  if (!isForThemOnly) return coupon;
  // Part of making it, not an edit: nobody has seen it without.
  const restricted: Coupon = { ...coupon, audience: { kind: 'campaign', campaignId } };
  checkCouponTerms(restricted);
  assert(await tx.coupons.update(restricted, coupon.version), `coupon ${id} is this transaction's own`);
  return restricted;
}
