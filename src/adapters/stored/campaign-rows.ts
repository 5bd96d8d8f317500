import { channelAt, channelIndex } from '../../core/channels.js';
import { audienceId, campaignId, couponId, promotionId } from '../../core/ids.js';
import type { MessageTemplate } from '../../core/ports/provider.js';
import { epochMs } from '../../core/time.js';
import {
  CAMPAIGN_CLASSES,
  CAMPAIGN_PAUSE_REASONS,
  CAMPAIGN_STATES,
  CHANNEL_PAUSE_REASONS,
  CHANNEL_POLICIES,
  type Campaign,
  type CampaignChannel,
  type CampaignMove,
} from '../../campaign/campaign.js';
import type { DryRunRecord } from '../../campaign/campaign-repository.js';
import { DELIVERY_MODES } from '../../ledger/cell-moves.js';
import { instantOrNull, listOf, oneOf, textsByName } from './stored-values.js';

export interface CampaignRow {
  readonly campaign_id: number;
  readonly name: string;
  readonly promotion_id: number | null;
  readonly parent_campaign_id: number | null;
  readonly shares_references: number;
  readonly class: string;
  readonly state: string;
  readonly pause_reasons: string;
  readonly policy: string;
  readonly audience_id: number;
  readonly launch_at: number | null;
  readonly launched_at: number | null;
  readonly deliver_until: number | null;
  readonly expected_members: number | null;
  readonly max_members: number | null;
  readonly common_fields: string;
  readonly version: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly ended_at: number | null;
  readonly cells_forgotten_at: number | null;
  readonly coupon_id: number | null;
  readonly own_deliver_until: number | null;
}

export const toCampaignRow = (campaign: Campaign): CampaignRow => ({
  campaign_id: campaign.campaignId,
  name: campaign.name,
  promotion_id: campaign.promotionId,
  parent_campaign_id: campaign.parentCampaignId,
  shares_references: campaign.sharesReferences ? 1 : 0,
  class: campaign.campaignClass,
  state: campaign.state,
  pause_reasons: JSON.stringify(campaign.pauseReasons),
  policy: campaign.policy,
  audience_id: campaign.audienceId,
  launch_at: campaign.launchAt,
  launched_at: campaign.launchedAt,
  deliver_until: campaign.deliverUntil,
  expected_members: campaign.expectedMembers,
  max_members: campaign.maxMembers,
  common_fields: JSON.stringify(campaign.commonFields),
  version: campaign.version,
  created_at: campaign.createdAt,
  created_by: campaign.createdBy,
  ended_at: campaign.endedAt,
  cells_forgotten_at: campaign.cellsForgottenAt,
  coupon_id: campaign.couponId,
  own_deliver_until: campaign.ownDeliverUntil,
});

export function fromCampaignRow(row: CampaignRow): Campaign {
  const what = `Campaign ${row.campaign_id}`;
  return {
    campaignId: campaignId(row.campaign_id),
    name: row.name,
    promotionId: row.promotion_id === null ? null : promotionId(row.promotion_id),
    couponId: row.coupon_id === null ? null : couponId(row.coupon_id),
    parentCampaignId: row.parent_campaign_id === null ? null : campaignId(row.parent_campaign_id),
    sharesReferences: row.shares_references === 1,
    campaignClass: oneOf(CAMPAIGN_CLASSES, row.class, `${what}'s class`),
    state: oneOf(CAMPAIGN_STATES, row.state, `${what}'s state`),
    pauseReasons: listOf(CAMPAIGN_PAUSE_REASONS, row.pause_reasons, `${what}'s pause reason`),
    policy: oneOf(CHANNEL_POLICIES, row.policy, `${what}'s policy`),
    audienceId: audienceId(row.audience_id),
    launchAt: instantOrNull(row.launch_at),
    launchedAt: instantOrNull(row.launched_at),
    deliverUntil: instantOrNull(row.deliver_until),
    ownDeliverUntil: instantOrNull(row.own_deliver_until),
    expectedMembers: row.expected_members,
    maxMembers: row.max_members,
    commonFields: textsByName(row.common_fields, `${what}'s fields`),
    version: row.version,
    createdAt: epochMs(row.created_at),
    createdBy: row.created_by,
    endedAt: instantOrNull(row.ended_at),
    cellsForgottenAt: instantOrNull(row.cells_forgotten_at),
  };
}

export interface ChannelRow {
  readonly campaign_id: number;
  readonly channel: number;
  readonly position: number;
  readonly pause_reasons: string;
  readonly mode: string;
  readonly message_version_id: number;
  readonly members_per_second: number | null;
  readonly requests_per_second: number | null;
  readonly price_minor: number | null;
  readonly currency: string | null;
  readonly settled_at: number | null;
  readonly first_handover_at: number | null;
  readonly last_outcome_at: number | null;
}

export const toChannelRow = (channel: CampaignChannel): ChannelRow => ({
  campaign_id: channel.campaignId,
  channel: channelIndex(channel.channel),
  position: channel.position,
  pause_reasons: JSON.stringify(channel.pauseReasons),
  mode: channel.mode,
  message_version_id: channel.messageVersionId,
  members_per_second: channel.membersPerSecond,
  requests_per_second: channel.requestsPerSecond,
  price_minor: channel.price?.perMemberMinor ?? null,
  currency: channel.price?.currency ?? null,
  settled_at: channel.settledAt,
  first_handover_at: channel.firstHandoverAt,
  last_outcome_at: channel.lastOutcomeAt,
});

export function fromChannelRow(row: ChannelRow): CampaignChannel {
  const channel = channelAt(row.channel);
  const what = `Channel ${channel} of campaign ${row.campaign_id}`;
  return {
    campaignId: campaignId(row.campaign_id),
    channel,
    position: row.position,
    pauseReasons: listOf(CHANNEL_PAUSE_REASONS, row.pause_reasons, `${what}: its pause reason`),
    mode: oneOf(DELIVERY_MODES, row.mode, `${what}: its delivery mode`),
    messageVersionId: row.message_version_id,
    membersPerSecond: row.members_per_second,
    requestsPerSecond: row.requests_per_second,
    price:
      row.price_minor === null || row.currency === null
        ? null
        : { perMemberMinor: row.price_minor, currency: row.currency },
    settledAt: instantOrNull(row.settled_at),
    firstHandoverAt: instantOrNull(row.first_handover_at),
    lastOutcomeAt: instantOrNull(row.last_outcome_at),
  };
}

export interface MoveRow {
  readonly campaign_id: number;
  readonly at: number;
  readonly actor: string;
  readonly move: string;
  readonly detail: string | null;
}

export const fromMoveRow = (row: MoveRow): CampaignMove => ({
  campaignId: campaignId(row.campaign_id),
  at: epochMs(row.at),
  actor: row.actor,
  move: row.move,
  detail: row.detail,
});

export interface DryRunRow {
  readonly dry_run_id: number;
  readonly campaign_id: number;
  readonly campaign_version: number;
  readonly member_count: number;
  readonly launch_at: number | null;
  readonly expiring_count: number;
  readonly result: string;
  readonly made_at: number;
}

export const fromDryRunRow = (row: DryRunRow): DryRunRecord => ({
  dryRunId: row.dry_run_id,
  campaignId: campaignId(row.campaign_id),
  campaignVersion: row.campaign_version,
  memberCount: row.member_count,
  launchAt: instantOrNull(row.launch_at),
  expiringCount: row.expiring_count,
  resultJson: row.result,
  madeAt: epochMs(row.made_at),
});

/** A message as it was stored by `insertMessageVersion`: only ever written by this program. */
export const fromMessageJson = (json: string): MessageTemplate => JSON.parse(json) as MessageTemplate;
