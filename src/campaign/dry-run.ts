/**
 * What a launch would do, counted before it: who is told on each channel and who is not and why, when it ends at the set
 * pace, what it costs. The same functions decide here and when it is sent, so nothing changed in between means the same
 * numbers.
 */
import { assert } from '../core/assert.js';
import type { Channel } from '../core/channels.js';
import type { IdAllocator } from '../core/id-allocator.js';
import type { CampaignId } from '../core/ids.js';
import type { Money } from '../core/money.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import { costOf } from '../push/price.js';
import type { CouponRepository } from '../coupon/coupon-repository.js';
import type { PromotionRepository } from '../promotion/promotion-repository.js';
import type { Audience } from './audience.js';
import type { Campaign, CampaignChannel } from './campaign.js';
import { getCampaign, requireAction } from './campaign-refusals.js';
import { countFlags, type FlagHistogram } from './count-flags.js';
import { modeInWords, offerOf, requireMode, type ChannelCatalogue } from './channel-offer.js';
import type { FreezeReadTx } from './freeze-steps.js';
import { planDelivery, type DeliveryPlan } from './launch-campaign.js';
import { forecast, rateOf, reachOf, type DeliveryForecast, type Reach } from './reach.js';

export interface DryRun extends DeliveryPlan {
  /** What a launch names, within 15 minutes. */
  readonly dryRunId: number;
  readonly campaignId: CampaignId;
  readonly campaignVersion: number;
  readonly madeAt: EpochMs;
  /** What a launch confirms. */
  readonly memberCount: number;
  /** Members, over all channels, that would still be pending at `deliverUntil`; a launch confirms them too. */
  readonly expiringCount: number;
  /** In the campaign's order. */
  readonly channels: readonly DryRunChannel[];
}

export interface DryRunChannel extends DeliveryForecast {
  readonly channel: Channel;
  readonly mode: DeliveryMode;
  /** What the mode promises, in words. */
  readonly promise: string;
  readonly reach: Reach;
  /** Null where no pace is set. */
  readonly membersPerSecond: number | null;
  /** Null where telling a member costs nothing. */
  readonly cost: Money | null;
}

/** What a dry run needs of a transaction. */
export interface DryRunTx extends FreezeReadTx {
  readonly ids: IdAllocator;
  readonly promotions: Pick<PromotionRepository, 'find'>;
  readonly coupons: Pick<CouponRepository, 'find'>;
}

export interface DryRunDeps<Tx extends DryRunTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly catalogue: ChannelCatalogue;
}

/**
 * Counts what launching a draft now, or at `launchAt`, would do, and keeps it so that the launch can name it. One scan of the audience.
 * @throws DomainError as the launch would: `NOT_FOUND`, `CAMPAIGN_STATE`, `CHANNEL_NOT_READY`, `DELIVERY_MODE_REFUSED`,
 *   `PROMOTION_ENDED`, `COUPON_STATE`, `INVALID_INPUT` when delivery would end before it starts, or after its coupon.
 */
export async function dryRunCampaign<Tx extends DryRunTx>(
  { store, clock, catalogue }: DryRunDeps<Tx>,
  campaignId: CampaignId,
  { launchAt }: { readonly launchAt?: EpochMs | undefined } = {},
): Promise<DryRun> {
  const draft = await store.read((tx) => readDraft(tx, { campaignId, launchAt, now: clock.now() }));
  for (const { channel, mode } of draft.channels) requireMode(offerOf(catalogue, channel), mode);
  const histogram = await countFlags((body) => store.read(body, { isBulk: true }), draft.audience);
  const channels = draft.channels.map((channel) => foresee(draft, channel, { histogram, catalogue }));
  const counted = {
    ...draft.plan,
    campaignId,
    campaignVersion: draft.campaign.version,
    madeAt: clock.now(),
    memberCount: histogram.memberCount,
    expiringCount: channels.reduce((sum, { expiringMembers }) => sum + expiringMembers, 0),
    channels,
  };
  return store.transaction(async (tx) => {
    const dryRun = { ...counted, dryRunId: await tx.ids.take('dryRun', 1) };
    const resultJson = JSON.stringify(dryRunToJson(dryRun));
    await tx.campaigns.insertDryRun({ ...dryRun, launchAt: draft.campaign.launchAt, resultJson });
    return dryRun;
  });
}

interface Draft {
  readonly campaign: Campaign;
  readonly channels: readonly CampaignChannel[];
  readonly audience: Audience;
  readonly plan: DeliveryPlan;
}

async function readDraft(
  tx: DryRunTx,
  about: { readonly campaignId: CampaignId; readonly launchAt: EpochMs | undefined; readonly now: EpochMs },
): Promise<Draft> {
  const { campaignId, launchAt, now } = about;
  const found = await getCampaign(tx, campaignId);
  requireAction(found, 'dryRun');
  const campaign = { ...found, launchAt: launchAt ?? found.launchAt };
  const { plan } = await planDelivery(tx, campaign, now);
  const audience = await tx.audiences.find(campaign.audienceId);
  assert(audience !== undefined, `campaign ${campaignId} has its audience ${campaign.audienceId}`);
  return { campaign, channels: await tx.campaigns.channels(campaignId), audience, plan };
}

function foresee(
  { campaign, channels, plan }: Draft,
  { channel, mode, membersPerSecond, requestsPerSecond }: CampaignChannel,
  { histogram, catalogue }: { readonly histogram: FlagHistogram; readonly catalogue: ChannelCatalogue },
): DryRunChannel {
  const offer = offerOf(catalogue, channel);
  const order = channels.map((each) => each.channel);
  const reach = reachOf(histogram.counts, { channel, order, policy: campaign.policy });
  const own = { membersPerSecond: membersPerSecond ?? undefined, requestsPerSecond: requestsPerSecond ?? undefined };
  const rate = rateOf(own, offer);
  return {
    channel,
    mode,
    promise: modeInWords(mode, offer),
    reach,
    membersPerSecond: rate,
    ...forecast(reach.members, { ...plan, rate }),
    cost: offer.price === undefined ? null : costOf(offer.price, reach.members),
  };
}

/** As the API answers it and the store keeps it: instants in RFC 3339, amounts as decimal strings of minor units. */
export const dryRunToJson = (dryRun: DryRun) => ({
  dryRunId: dryRun.dryRunId,
  campaignId: dryRun.campaignId,
  campaignVersion: dryRun.campaignVersion,
  madeAt: formatInstant(dryRun.madeAt),
  startsAt: formatInstant(dryRun.startsAt),
  deliverUntil: formatInstant(dryRun.deliverUntil),
  memberCount: dryRun.memberCount,
  expiringCount: dryRun.expiringCount,
  channels: dryRun.channels.map(({ endsAt, cost, ...channel }) => ({
    ...channel,
    endsAt: endsAt === null ? null : formatInstant(endsAt),
    cost: cost === null ? null : { amountMinor: cost.amountMinor.toString(), currency: cost.currency },
  })),
});
