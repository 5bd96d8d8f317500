/**
 * The one move that makes a campaign be sent: it, its event and everything fixed at launch commit together.
 */
import { DomainError } from '../core/errors.js';
import type { CampaignId } from '../core/ids.js';
import { addMs, epochMs, formatInstant, HOUR_MS, MINUTE_MS, type EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { couponEndsAt, couponState, isGivenOut, type Coupon } from '../coupon/coupon.js';
import { getCoupon } from '../coupon/get-coupon.js';
import type { Promotion } from '../promotion/promotion.js';
import { promotionState } from '../promotion/promotion.js';
import type { Campaign } from './campaign.js';
import { checkTimes } from './campaign-draft.js';
import { campaignEvent } from './campaign-event.js';
import { getCampaign, lockCampaign, requireAction } from './campaign-refusals.js';
import type { DryRunRecord } from './campaign-repository.js';
import { offerOf, requireMode } from './channel-offer.js';
import { commonFieldsOf, type FieldWording } from './common-fields.js';
import { getCampaignPromotion, type CampaignContext, type CampaignTx } from './create-campaign.js';

/** What the launch rests on: a dry run that a person read and confirmed, or nothing where nobody watches. */
export type LaunchBasis =
  | {
      readonly kind: 'dryRun';
      readonly dryRunId: number;
      /** Members the dry run counted, typed again by the person. */
      readonly confirmMembers: number;
      /** Members that would expire; needed where the dry run found any. */
      readonly confirmExpiring?: number | undefined;
    }
  /** By a schedule, a reminder or with a promotion; a larger audience than `maxMembers` pauses. */
  | { readonly kind: 'unattended'; readonly maxMembers?: number | undefined };

export interface LaunchCampaign {
  readonly campaignId: CampaignId;
  readonly basis: LaunchBasis;
  /** Replaces the draft's time; undefined keeps it. A dry run must have been made for the same. */
  readonly launchAt?: EpochMs | undefined;
}

export interface LaunchContext extends CampaignContext {
  readonly wording: FieldWording;
}

/** How old a dry run may be when a launch names it. */
export const DRY_RUN_LIFE_MS = 15 * MINUTE_MS;
/** How long a campaign delivers when neither it nor a promotion says. */
export const DEFAULT_DELIVERY_MS = 72 * HOUR_MS;

/**
 * Launches a draft, now or at its time. Filter, messages, prices and common fields are fixed here.
 * @throws DomainError `NOT_FOUND`; `CAMPAIGN_STATE` when it is no draft (any more); `DRY_RUN_STALE`;
 *   `CONFIRMATION_MISMATCH`; `CHANNEL_NOT_READY`; `DELIVERY_MODE_REFUSED`; `PROMOTION_ENDED`; `COUPON_STATE`;
 *   `VERSION_CONFLICT` when its coupon was changed at this moment; `INVALID_INPUT` when delivery would end before it
 *   starts, or after its coupon.
 */
export async function launchCampaign(
  tx: CampaignTx,
  context: LaunchContext,
  { campaignId, basis, launchAt }: LaunchCampaign,
): Promise<Campaign> {
  const { now, actor } = context;
  const found = await lockWithCoupon(tx, campaignId);
  requireAction(found, 'launch');
  const draft = { ...found, launchAt: launchAt ?? found.launchAt };
  await checkBasis(tx, { draft, basis, now });
  const { plan, promotion, coupon } = await planDelivery(tx, draft, now);
  const isSoldOut = coupon !== undefined && isGivenOut(coupon);
  await fixPrices(tx, campaignId, context);
  const change = {
    state: plan.startsAt > now ? ('scheduled' as const) : ('freezing' as const),
    pauseReasons: isSoldOut ? [...draft.pauseReasons, 'soldOut' as const] : draft.pauseReasons,
    launchAt: draft.launchAt,
    launchedAt: now,
    deliverUntil: plan.deliverUntil,
    ownDeliverUntil: draft.deliverUntil,
    expectedMembers: basis.kind === 'dryRun' ? basis.confirmMembers : null,
    maxMembers: basis.kind === 'unattended' ? (basis.maxMembers ?? null) : null,
    // A child says what its parent said.
    commonFields:
      draft.parentCampaignId === null
        ? commonFieldsOf(draft, { promotion, coupon }, context.wording)
        : draft.commonFields,
  };
  await tx.campaigns.update(campaignId, change);
  const startsAt = formatInstant(plan.startsAt);
  const detail = change.state === 'scheduled' ? `to start at ${startsAt}` : null;
  await tx.campaigns.addMove({ campaignId, at: now, actor, move: 'launched', detail });
  await tx.outbox.append(campaignEvent(TOPICS.campaignLaunched, draft, now, { startsAt }));
  if (isSoldOut) {
    await tx.campaigns.addMove({ campaignId, at: now, actor: 'system', move: 'paused', detail: 'soldOut' });
    await tx.outbox.append(campaignEvent(TOPICS.campaignPaused, draft, now, { reason: 'soldOut' }));
  }
  return { ...draft, ...change };
}

/**
 * The coupon before the campaign, as claims do: from here on nobody takes the last one, or brings some back, without
 * seeing this campaign.
 */
async function lockWithCoupon(tx: CampaignTx, campaignId: CampaignId): Promise<Campaign> {
  const { couponId } = await getCampaign(tx, campaignId);
  if (couponId !== null) await tx.coupons.lock(couponId);
  const campaign = await lockCampaign(tx, campaignId);
  if (campaign.couponId === couponId) return campaign;
  throw new DomainError('VERSION_CONFLICT', `Campaign ${campaignId} was edited at this moment; look at it again.`, {
    campaignId,
    version: campaign.version,
  });
}

/** When a campaign that is launched now would send. */
export interface DeliveryPlan {
  readonly startsAt: EpochMs;
  readonly deliverUntil: EpochMs;
}

/**
 * Delivery starts now or at the draft's time, and ends as the draft says, else with the coupon, else with the promotion,
 * else after 72 h; never after the coupon.
 * @throws DomainError `NOT_FOUND` or `PROMOTION_ENDED` for its promotion; `COUPON_STATE` for its coupon; `INVALID_INPUT`
 *   when the end comes first, or after the coupon.
 */
export async function planDelivery(
  tx: { readonly promotions: CampaignTx['promotions']; readonly coupons: Pick<CampaignTx['coupons'], 'find'> },
  draft: Campaign,
  now: EpochMs,
): Promise<{
  readonly plan: DeliveryPlan;
  readonly promotion: Promotion | undefined;
  readonly coupon: Coupon | undefined;
}> {
  const promotion = draft.promotionId === null ? undefined : await getCampaignPromotion(tx, draft.promotionId);
  if (promotion !== undefined) refuseEnded(promotion, now);
  const coupon = draft.couponId === null ? undefined : await getCoupon(tx, draft.couponId);
  if (coupon !== undefined) refuseNotGiven(coupon, now);
  checkTimes({ launchAt: draft.launchAt ?? undefined }, now);
  const startsAt = epochMs(Math.max(now, draft.launchAt ?? now));
  const couponEnd = coupon === undefined ? undefined : couponEndsAt(coupon);
  const wanted = draft.deliverUntil ?? couponEnd ?? promotion?.endsAt ?? addMs(startsAt, DEFAULT_DELIVERY_MS);
  // The end under a parent's references is the life of the vendor's keys: nobody chose it, and nobody can change it.
  const deliverUntil =
    draft.sharesReferences && couponEnd !== undefined ? epochMs(Math.min(wanted, couponEnd)) : wanted;
  if (coupon !== undefined) refuseLater(deliverUntil, coupon);
  if (deliverUntil > startsAt) return { plan: { startsAt, deliverUntil }, promotion, coupon };
  throw new DomainError(
    'INVALID_INPUT',
    `Campaign ${draft.campaignId} would start at ${formatInstant(startsAt)}, but delivery ends at ${formatInstant(deliverUntil)}; set a later deliverUntil or an earlier launch.`,
    { field: 'deliverUntil', startsAt: formatInstant(startsAt), deliverUntil: formatInstant(deliverUntil) },
  );
}

async function checkBasis(
  tx: CampaignTx,
  { draft, basis, now }: { readonly draft: Campaign; readonly basis: LaunchBasis; readonly now: EpochMs },
): Promise<void> {
  if (basis.kind === 'unattended') return;
  const record = await tx.campaigns.findDryRun(basis.dryRunId);
  if (record?.campaignId !== draft.campaignId) {
    throw new DomainError(
      'NOT_FOUND',
      `Campaign ${draft.campaignId} has no dry run ${basis.dryRunId}; make one first.`,
      {
        campaignId: draft.campaignId,
        dryRunId: basis.dryRunId,
      },
    );
  }
  refuseStale(record, { draft, now });
  refuseMismatch('members', record.memberCount, basis.confirmMembers);
  if (record.expiringCount > 0) refuseMismatch('expiring members', record.expiringCount, basis.confirmExpiring);
}

function refuseStale(record: DryRunRecord, { draft, now }: { readonly draft: Campaign; readonly now: EpochMs }): void {
  const isEdited = record.campaignVersion !== draft.version || record.launchAt !== draft.launchAt;
  if (!isEdited && now - record.madeAt <= DRY_RUN_LIFE_MS) return;
  const reason = isEdited
    ? 'the campaign, or the time of its launch, was changed since'
    : `it was made at ${formatInstant(record.madeAt)}, more than 15 minutes ago`;
  throw new DomainError('DRY_RUN_STALE', `Dry run ${record.dryRunId} no longer holds: ${reason}. Make a new one.`, {
    dryRunId: record.dryRunId,
    madeAt: formatInstant(record.madeAt),
    isEdited,
  });
}

function refuseMismatch(what: string, counted: number, confirmed: number | undefined): void {
  if (confirmed === counted) return;
  throw new DomainError(
    'CONFIRMATION_MISMATCH',
    `The dry run counted ${counted} ${what}, ${confirmed === undefined ? 'and none were' : `not ${confirmed} as`} confirmed; confirm ${counted} to launch.`,
    { what, counted, confirmed: confirmed ?? null },
  );
}

function refuseEnded(promotion: Promotion, now: EpochMs): void {
  if (promotionState(promotion, now) !== 'ended') return;
  throw new DomainError('PROMOTION_ENDED', `Promotion ${promotion.id} has ended; nobody is told about it any more.`, {
    promotionId: promotion.id,
  });
}

function refuseNotGiven(coupon: Coupon, now: EpochMs): void {
  const state = couponState(coupon, now);
  if (state === 'active' || state === 'paused') return;
  const hint = state === 'draft' ? 'is a draft; activate it first' : 'has ended; nobody is told of it any more';
  throw new DomainError('COUPON_STATE', `Coupon ${coupon.id} ${hint}.`, { couponId: coupon.id, state });
}

function refuseLater(deliverUntil: EpochMs, coupon: Coupon): void {
  const endsAt = couponEndsAt(coupon);
  if (deliverUntil <= endsAt) return;
  throw new DomainError(
    'INVALID_INPUT',
    `Delivery would end at ${formatInstant(deliverUntil)}, after coupon ${coupon.id}, which closes at ${formatInstant(endsAt)}; choose an earlier deliverUntil, or leave it out.`,
    { field: 'deliverUntil', couponId: coupon.id, closesAt: formatInstant(endsAt) },
  );
}

/** A channel may have changed since the draft was made: what it cannot keep is refused now. */
async function fixPrices(tx: CampaignTx, campaignId: CampaignId, { catalogue }: LaunchContext): Promise<void> {
  for (const { channel, mode } of await tx.campaigns.channels(campaignId)) {
    const offer = offerOf(catalogue, channel);
    requireMode(offer, mode);
    await tx.campaigns.updateChannel(campaignId, channel, { price: offer.price ?? null });
  }
}
