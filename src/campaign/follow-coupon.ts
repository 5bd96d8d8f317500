/**
 * A campaign that tells of a coupon goes by it.
 *
 *   the coupon is given out (stock or budget) ─► held back by `soldOut`: what is pending stays pending
 *   some came back                            ─► the reason is lifted, and nothing else
 *   it ends, or its end is moved              ─► delivery ends with it (`deliverUntil`), or at its own end before that
 *
 * In the transaction that changed the coupon, so that no claim is refused for want of stock while the books let the
 * campaign go on. Whoever locks both takes the coupon first, then campaigns in ascending order. Cost: nothing for changes
 * that turn neither; else one read by index and a write per campaign. The planner does the same at each sweep for what
 * a commit may have missed.
 */
import type { CampaignId, CouponId } from '../core/ids.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { CouponRepository } from '../coupon/coupon-repository.js';
import { couponEndsAt, isGivenOut, type Coupon } from '../coupon/coupon.js';
import type { Campaign } from './campaign.js';
import { holdBack, letGoOn, recordMove, type ControlContext, type ControlTx } from './pause-reasons.js';

/** To be called with a coupon that this transaction has locked, as it was and as it is now. */
export async function followCoupon(
  tx: ControlTx,
  { before, after, now }: { readonly before: Coupon; readonly after: Coupon; readonly now: EpochMs },
): Promise<void> {
  if (isGivenOut(before) === isGivenOut(after) && couponEndsAt(before) === couponEndsAt(after)) return;
  for (const { campaignId } of await tx.campaigns.ofCoupon(after.id)) {
    const campaign = await tx.campaigns.lock(campaignId);
    if (campaign !== undefined) await goByCoupon(tx, { campaign, coupon: after, now });
  }
}

/** The same for one campaign, whatever has changed. Safe to repeat; changes nothing where all is as it should be. */
export async function followOwnCoupon(tx: ControlTx & LockCoupon, campaignId: CampaignId, now: EpochMs): Promise<void> {
  const couponId = (await tx.campaigns.find(campaignId))?.couponId ?? undefined;
  const coupon = couponId === undefined ? undefined : await tx.coupons.lock(couponId);
  const campaign = await tx.campaigns.lock(campaignId);
  if (coupon === undefined || campaign?.couponId !== coupon.id) return;
  await goByCoupon(tx, { campaign, coupon, now });
}

/** Whether `followOwnCoupon` would change anything; reads only. */
export async function hasStrayed(
  tx: { readonly coupons: Pick<CouponRepository, 'find'> },
  campaign: Campaign,
): Promise<boolean> {
  const coupon = campaign.couponId === null ? undefined : await tx.coupons.find(campaign.couponId);
  if (coupon === undefined || !isFollowing(campaign)) return false;
  return (
    isGivenOut(coupon) !== campaign.pauseReasons.includes('soldOut') ||
    endWith(campaign, coupon) !== campaign.deliverUntil
  );
}

interface LockCoupon {
  readonly coupons: { lock(id: CouponId): Promise<Coupon | undefined> };
}

interface Following {
  readonly campaign: Campaign;
  readonly coupon: Coupon;
  readonly now: EpochMs;
}

async function goByCoupon(tx: ControlTx, { campaign, coupon, now }: Following): Promise<void> {
  if (!isFollowing(campaign)) return;
  const context: ControlContext = { now, actor: 'system' };
  const isHeld = campaign.pauseReasons.includes('soldOut');
  if (isGivenOut(coupon) && !isHeld) await holdBack(tx, context, { campaign, reason: 'soldOut' });
  if (!isGivenOut(coupon) && isHeld) await letGoOn(tx, context, { campaign, lifted: 'soldOut' });
  const deliverUntil = endWith(campaign, coupon);
  if (deliverUntil === campaign.deliverUntil) return;
  await tx.campaigns.update(campaign.campaignId, { deliverUntil });
  const detail = `to ${formatInstant(deliverUntil)}, with coupon ${coupon.id}`;
  await recordMove(tx, context, { campaign, move: 'endMoved', detail });
}

const isFollowing = ({ state }: Campaign): boolean =>
  state === 'scheduled' || state === 'freezing' || state === 'running';

/** The first of the two: an own end stays, however often the coupon's is moved across it. */
const endWith = ({ ownDeliverUntil }: Campaign, coupon: Coupon): EpochMs => {
  const endsAt = couponEndsAt(coupon);
  return ownDeliverUntil !== null && ownDeliverUntil < endsAt ? ownDeliverUntil : endsAt;
};
