import type { AudienceDefinition } from '../../src/campaign/audience.js';
import type { Campaign, CampaignChannel } from '../../src/campaign/campaign.js';
import type { AudienceRepository } from '../../src/campaign/audience-repository.js';
import type { CampaignRepository } from '../../src/campaign/campaign-repository.js';
import { audienceId, campaignId } from '../../src/core/ids.js';
import { CHANNELS, type Channel } from '../../src/core/channels.js';
import { epochMs } from '../../src/core/time.js';

/** A campaign as its row is, in state `freezing`, number 1 to audience 1, unless said otherwise. */
export function aCampaign(overrides: Partial<Campaign> = {}): Campaign {
  return {
    campaignId: campaignId(1),
    name: 'Autumn',
    promotionId: null,
    couponId: null,
    parentCampaignId: null,
    sharesReferences: false,
    campaignClass: 'bulk',
    state: 'freezing',
    pauseReasons: [],
    policy: 'all',
    audienceId: audienceId(1),
    launchAt: null,
    launchedAt: epochMs(1_000),
    deliverUntil: epochMs(9e12),
    expectedMembers: null,
    maxMembers: null,
    commonFields: {},
    version: 1,
    createdAt: epochMs(1_000),
    createdBy: 'ann',
    endedAt: null,
    cellsForgottenAt: null,
    ownDeliverUntil: null,
    ...overrides,
  };
}

export function aChannel(overrides: Partial<CampaignChannel> = {}): CampaignChannel {
  return {
    campaignId: campaignId(1),
    channel: 'inbox',
    position: 0,
    pauseReasons: [],
    mode: 'keyed',
    messageVersionId: 1,
    membersPerSecond: null,
    requestsPerSecond: null,
    price: null,
    settledAt: null,
    firstHandoverAt: null,
    lastOutcomeAt: null,
    ...overrides,
  };
}

/** Puts a campaign with its channels and its audience, not frozen, straight into the store. */
export async function insertCampaign(
  tx: { readonly campaigns: CampaignRepository; readonly audiences: AudienceRepository },
  {
    definition,
    channels = [CHANNELS[0]],
    ...overrides
  }: Partial<Campaign> & { readonly definition: AudienceDefinition; readonly channels?: readonly Channel[] },
): Promise<Campaign> {
  const campaign = aCampaign(overrides);
  await tx.audiences.insert(campaign.audienceId, definition);
  await tx.campaigns.insert(
    campaign,
    channels.map((channel, position) => aChannel({ campaignId: campaign.campaignId, channel, position })),
  );
  return campaign;
}
