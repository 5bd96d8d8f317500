import { assert } from '../core/assert.js';
import { DomainError } from '../core/errors.js';
import { audienceId, type CampaignId, type CouponId, type PromotionId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { insertAudience, type PreparedAudience } from './audience-choice.js';
import type { Campaign, CampaignClass, ChannelPolicy } from './campaign.js';
import { checkDraft, type CampaignDraft, type ChannelDraft } from './campaign-draft.js';
import { lockCampaign, requireAction } from './campaign-refusals.js';
import {
  checkAudienceCoupons,
  checkOffered,
  insertChannels,
  type CampaignContext,
  type CampaignTx,
} from './create-campaign.js';

export interface EditCampaign {
  readonly campaignId: CampaignId;
  /** The version that the editor has seen. */
  readonly version: number;
  readonly changes: CampaignEdits;
}

/** Only what changes; null takes a value away. */
export interface CampaignEdits {
  readonly name?: string | undefined;
  readonly promotionId?: PromotionId | null | undefined;
  readonly couponId?: CouponId | null | undefined;
  readonly campaignClass?: CampaignClass | undefined;
  readonly policy?: ChannelPolicy | undefined;
  /** All of them, each with its message. */
  readonly channels?: readonly ChannelDraft[] | undefined;
  readonly launchAt?: EpochMs | null | undefined;
  readonly deliverUntil?: EpochMs | null | undefined;
  readonly audience?: PreparedAudience | undefined;
}

/**
 * Changes a draft. Announces nothing and starts nothing; a dry run made before no longer holds. What was launched is
 * not edited: its pace can be changed, nothing else.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE`, `VERSION_CONFLICT` when someone else was first, and all that
 *   `createCampaign` refuses; `INVALID_INPUT` for the audience or channel of a campaign that sends again.
 */
export async function editCampaign(
  tx: CampaignTx,
  context: CampaignContext,
  { campaignId, version, changes }: EditCampaign,
): Promise<Campaign> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'edit');
  refuseStale(campaign, version);
  if (campaign.parentCampaignId !== null) refuseForChild(campaign, changes);
  const draft = checkDraft(await mergeDraft(tx, campaign, changes), context);
  await checkOffered(tx, draft);
  if (changes.audience !== undefined) await checkAudienceCoupons(tx, changes.audience);
  if (changes.channels !== undefined) {
    const channels = await insertChannels(tx, campaignId, { channels: draft.channels, context });
    await tx.campaigns.replaceChannels(campaignId, channels);
  }
  const edited: Campaign = {
    ...campaign,
    name: draft.name,
    promotionId: draft.promotionId ?? null,
    couponId: draft.couponId ?? null,
    campaignClass: draft.campaignClass ?? campaign.campaignClass,
    policy: draft.policy ?? campaign.policy,
    launchAt: draft.launchAt ?? null,
    deliverUntil: draft.deliverUntil ?? null,
    audienceId: await replaceAudience(tx, campaign, { audience: changes.audience, now: context.now }),
    version: version + 1,
  };
  await tx.campaigns.update(campaignId, edited);
  const names = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : name));
  const { now: at, actor } = context;
  await tx.campaigns.addMove({ campaignId, at, actor, move: 'edited', detail: names.join(', ') });
  return edited;
}

function refuseStale(campaign: Campaign, version: number): void {
  if (campaign.version === version) return;
  throw new DomainError(
    'VERSION_CONFLICT',
    `Campaign ${campaign.campaignId} is at version ${campaign.version}, the edit was made on ${version}; read it again and repeat the edit.`,
    { campaignId: campaign.campaignId, version: campaign.version, expectedVersion: version },
  );
}

/** A campaign that sends again is about its parent's members; under the parent's references it says the same, in time. */
function refuseForChild(campaign: Campaign, changes: CampaignEdits): void {
  const fixed = [
    'audience',
    'promotionId',
    'couponId',
    'policy',
    ...(campaign.sharesReferences ? ['channels', 'deliverUntil'] : []),
  ];
  const field = Object.entries(changes).find(([name, value]) => value !== undefined && fixed.includes(name))?.[0];
  if (field === undefined) return;
  throw new DomainError(
    'INVALID_INPUT',
    `Campaign ${campaign.campaignId} sends campaign ${String(campaign.parentCampaignId)} again, so its ${field} cannot be changed; make a campaign of its own.`,
    { field, campaignId: campaign.campaignId, parentCampaignId: campaign.parentCampaignId },
  );
}

/** The whole draft as it will be: a change of one part can make another part wrong. */
async function mergeDraft(tx: CampaignTx, campaign: Campaign, changes: CampaignEdits): Promise<CampaignDraft> {
  const orKept = <Value>(change: Value | null | undefined, kept: Value | null): Value | undefined =>
    (change === undefined ? kept : change) ?? undefined;
  return {
    name: changes.name ?? campaign.name,
    promotionId: orKept(changes.promotionId, campaign.promotionId),
    couponId: orKept(changes.couponId, campaign.couponId),
    campaignClass: changes.campaignClass ?? campaign.campaignClass,
    policy: changes.policy ?? campaign.policy,
    channels: changes.channels ?? (await channelDraftsOf(tx, campaign.campaignId)),
    launchAt: orKept(changes.launchAt, campaign.launchAt),
    deliverUntil: orKept(changes.deliverUntil, campaign.deliverUntil),
  };
}

/** The channels of a campaign as a draft gives them. */
export async function channelDraftsOf(
  tx: Pick<CampaignTx, 'campaigns'>,
  campaignId: CampaignId,
): Promise<readonly ChannelDraft[]> {
  const drafts: ChannelDraft[] = [];
  for (const { channel, mode, messageVersionId, ...pace } of await tx.campaigns.channels(campaignId)) {
    const message = await tx.campaigns.messageVersion(messageVersionId);
    assert(message !== undefined, `message version ${messageVersionId} of campaign ${campaignId} is kept`);
    const membersPerSecond = pace.membersPerSecond ?? undefined;
    drafts.push({ channel, mode, message, membersPerSecond, requestsPerSecond: pace.requestsPerSecond ?? undefined });
  }
  return drafts;
}

async function replaceAudience(
  tx: CampaignTx,
  campaign: Campaign,
  { audience, now }: { readonly audience: PreparedAudience | undefined; readonly now: EpochMs },
): Promise<Campaign['audienceId']> {
  if (audience === undefined) return campaign.audienceId;
  const replacement = audienceId(await tx.ids.take('audience', 1));
  await insertAudience(tx, replacement, { audience, now });
  await tx.audiences.remove(campaign.audienceId);
  return replacement;
}
