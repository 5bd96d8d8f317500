import type { CampaignId } from '../core/ids.js';
import type { MessageTemplate } from '../core/ports/provider.js';
import { assert } from '../core/assert.js';
import { histogramOf, type OutcomeHistogram } from '../ledger/histogram.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import type { Audience } from './audience.js';
import type { AudienceRepository } from './audience-repository.js';
import type { Campaign, CampaignChannel } from './campaign.js';
import { getCampaign } from './campaign-refusals.js';
import type { CampaignRepository } from './campaign-repository.js';

export interface ProgressTx {
  readonly campaigns: CampaignRepository;
  readonly audiences: AudienceRepository;
  readonly ledger: LedgerRepository;
}

/** A campaign as people watch it: where it stands, and its books by channel. */
export interface CampaignProgress {
  readonly campaign: Campaign;
  readonly audience: Audience;
  readonly channels: readonly ChannelProgress[];
}

export interface ChannelProgress {
  readonly channel: CampaignChannel;
  readonly message: MessageTemplate | undefined;
  readonly histogram: OutcomeHistogram;
}

/**
 * Reads the books of a campaign; a few short look-ups, whatever its size.
 * @throws DomainError `NOT_FOUND`.
 */
export async function campaignProgress(tx: ProgressTx, campaignId: CampaignId): Promise<CampaignProgress> {
  const campaign = await getCampaign(tx, campaignId);
  const audience = await tx.audiences.find(campaign.audienceId);
  assert(audience !== undefined, `campaign ${campaignId} has an audience`);
  const channels: ChannelProgress[] = [];
  const hasRows = audience.frozenAt !== null && campaign.state !== 'draft' && campaign.state !== 'scheduled';
  for (const channel of await tx.campaigns.channels(campaignId)) {
    const counts = await tx.ledger.counts({ campaignId, channel: channel.channel });
    channels.push({
      channel,
      message: await tx.campaigns.messageVersion(channel.messageVersionId),
      histogram: histogramOf(counts, hasRows && counts.size > 0 ? audience.memberCount : 0),
    });
  }
  return { campaign, audience, channels };
}
