import { DomainError } from '../core/errors.js';
import type { IdAllocator } from '../core/id-allocator.js';
import { audienceId, campaignId, type CampaignId } from '../core/ids.js';
import type { OutboxTx } from '../core/ports/outbox.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { checkFilterCoupons } from '../coupon/audience/coupon-masks.js';
import type { CouponRepository } from '../coupon/coupon-repository.js';
import { getCoupon } from '../coupon/get-coupon.js';
import { parseFilter } from '../membership/filter-json.js';
import type { PromotionRepository } from '../promotion/promotion-repository.js';
import type { Promotion } from '../promotion/promotion.js';
import { insertAudience, type PreparedAudience } from './audience-choice.js';
import type { AudienceRepository } from './audience-repository.js';
import type { Campaign, CampaignChannel } from './campaign.js';
import { checkDraft, type CampaignDraft, type ChannelDraft } from './campaign-draft.js';
import { campaignEvent } from './campaign-event.js';
import type { CampaignRepository } from './campaign-repository.js';
import { offerOf, type ChannelCatalogue } from './channel-offer.js';

/** What making and launching campaigns needs of a transaction. */
export interface CampaignTx extends OutboxTx {
  readonly ids: IdAllocator;
  readonly campaigns: CampaignRepository;
  readonly audiences: AudienceRepository;
  readonly promotions: Pick<PromotionRepository, 'find'>;
  readonly coupons: Pick<CouponRepository, 'find' | 'lock'>;
}

/** Who asks, when, and over which channels. */
export interface CampaignContext {
  readonly now: EpochMs;
  /** As recorded with every move: a person's or a key's name, or `system`. */
  readonly actor: string;
  readonly catalogue: ChannelCatalogue;
}

export interface CreateCampaign extends CampaignDraft {
  /** Looked up by `prepareAudience`, before the transaction. */
  readonly audience: PreparedAudience;
}

/**
 * Makes a draft: nothing is sent before it is launched.
 * @throws DomainError `INVALID_INPUT`, `INVALID_TEMPLATE`, `NOT_FOUND` (its promotion or coupon), `CHANNEL_NOT_READY`,
 *   `DELIVERY_MODE_REFUSED`.
 */
export async function createCampaign(
  tx: CampaignTx,
  context: CampaignContext,
  command: CreateCampaign,
): Promise<Campaign> {
  const draft = checkDraft(command, context);
  await checkOffered(tx, draft);
  await checkAudienceCoupons(tx, draft.audience);
  const { now, actor } = context;
  const id = campaignId(await tx.ids.take('campaign', 1));
  const itsAudience = audienceId(await tx.ids.take('audience', 1));
  await insertAudience(tx, itsAudience, { audience: draft.audience, now });
  const campaign: Campaign = {
    campaignId: id,
    name: draft.name,
    promotionId: draft.promotionId ?? null,
    couponId: draft.couponId ?? null,
    parentCampaignId: null,
    sharesReferences: false,
    campaignClass: draft.campaignClass ?? 'bulk',
    state: 'draft',
    pauseReasons: [],
    policy: draft.policy ?? 'all',
    audienceId: itsAudience,
    launchAt: draft.launchAt ?? null,
    launchedAt: null,
    deliverUntil: draft.deliverUntil ?? null,
    expectedMembers: null,
    maxMembers: null,
    commonFields: {},
    version: 1,
    createdAt: now,
    createdBy: actor,
    endedAt: null,
    cellsForgottenAt: null,
    ownDeliverUntil: null,
  };
  await tx.campaigns.insert(campaign, await insertChannels(tx, id, { channels: draft.channels, context }));
  await tx.campaigns.addMove({ campaignId: id, at: now, actor, move: 'created', detail: null });
  await tx.outbox.append(campaignEvent(TOPICS.campaignCreated, campaign, now));
  return campaign;
}

/** Keeps each channel's message as a version of its own, never changed after. */
export async function insertChannels(
  tx: Pick<CampaignTx, 'ids' | 'campaigns'>,
  id: CampaignId,
  { channels, context }: { readonly channels: readonly ChannelDraft[]; readonly context: CampaignContext },
): Promise<readonly CampaignChannel[]> {
  const firstVersion = await tx.ids.take('messageVersion', channels.length);
  const made: CampaignChannel[] = [];
  for (const [position, draft] of channels.entries()) {
    const messageVersionId = firstVersion + position;
    await tx.campaigns.insertMessageVersion(messageVersionId, draft.message, context.now);
    made.push({
      campaignId: id,
      channel: draft.channel,
      position,
      pauseReasons: [],
      mode: draft.mode ?? offerOf(context.catalogue, draft.channel).defaultMode,
      messageVersionId,
      membersPerSecond: draft.membersPerSecond ?? null,
      requestsPerSecond: draft.requestsPerSecond ?? null,
      price: null,
      settledAt: null,
      firstHandoverAt: null,
      lastOutcomeAt: null,
    });
  }
  return made;
}

/** @throws DomainError `INVALID_FILTER` for a coupon that does not exist. */
export async function checkAudienceCoupons(
  tx: Pick<CampaignTx, 'coupons'>,
  { definition }: PreparedAudience,
): Promise<void> {
  if (definition.kind === 'filter') await checkFilterCoupons(tx, parseFilter(definition.filter));
}

/** @throws DomainError `NOT_FOUND` for a promotion or a coupon that does not exist. */
export async function checkOffered(
  tx: Pick<CampaignTx, 'promotions' | 'coupons'>,
  { promotionId, couponId }: Pick<CampaignDraft, 'promotionId' | 'couponId'>,
): Promise<void> {
  if (promotionId !== undefined) await getCampaignPromotion(tx, promotionId);
  if (couponId !== undefined) await getCoupon(tx, couponId);
}

/** @throws DomainError `NOT_FOUND`. */
export async function getCampaignPromotion(
  tx: Pick<CampaignTx, 'promotions'>,
  promotionId: Promotion['id'],
): Promise<Promotion> {
  const promotion = await tx.promotions.find(promotionId);
  if (promotion === undefined) {
    throw new DomainError('NOT_FOUND', `There is no promotion ${promotionId} to make a campaign for.`, { promotionId });
  }
  return promotion;
}
