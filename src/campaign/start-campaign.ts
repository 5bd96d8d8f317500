import type { StartCampaign } from '../promotion/create-promotion.js';
import { prepareOpenAudience, type AudienceChoice } from './audience-choice.js';
import type { Campaign } from './campaign.js';
import type { CampaignDraft } from './campaign-draft.js';
import { createCampaign, type CampaignTx, type CreateCampaign } from './create-campaign.js';
import { launchCampaign, type LaunchContext } from './launch-campaign.js';

/**
 * Makes and launches a campaign in the transaction of whatever starts it: a promotion, a schedule, a reminder.
 * Nobody confirms a dry run; an audience larger than `maxMembers` pauses.
 * @throws DomainError as `createCampaign` and `launchCampaign` do.
 */
export async function startCampaign(
  tx: CampaignTx,
  context: LaunchContext,
  { maxMembers, ...command }: CreateCampaign & { readonly maxMembers?: number | undefined },
): Promise<Campaign> {
  const draft = await createCampaign(tx, context, command);
  return launchCampaign(tx, context, { campaignId: draft.campaignId, basis: { kind: 'unattended', maxMembers } });
}

/** The campaign that a new promotion or coupon starts with itself. A list of members is a campaign of its own. */
export interface Announcement extends Omit<CampaignDraft, 'name' | 'promotionId' | 'couponId'> {
  /** The name of what it tells of unless said otherwise. */
  readonly name?: string | undefined;
  readonly audience: Exclude<AudienceChoice, { readonly kind: 'list' }>;
  /** A larger audience pauses until it is confirmed. */
  readonly maxMembers?: number | undefined;
}

/** How `createPromotion` starts the campaign that it announces, in the name of whoever creates the promotion. */
export const announcePromotion =
  (context: Omit<LaunchContext, 'now' | 'actor'>): StartCampaign<CampaignTx, Announcement> =>
  async (tx, { promotion, announcement, now }) => {
    const campaign = await startCampaign(
      tx,
      { ...context, now, actor: promotion.createdBy },
      {
        ...announcement,
        name: announcement.name ?? promotion.name,
        promotionId: promotion.id,
        audience: prepareOpenAudience(announcement.audience),
      },
    );
    return campaign.campaignId;
  };
