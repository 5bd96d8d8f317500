/**
 * A campaign: one message to one audience over one or more channels.
 *
 *   draft ─launch─► scheduled ─due─► freezing ─frozen─► running ─all channels settled─► completed
 *                       └──────────────┴──────cancel─────┴─► cancelling ─nothing in flight─► cancelled
 *
 * Paused is no state: campaign and channel each hold a set of pause reasons, each lifted only by its own cause;
 * a running campaign with a reason shows as paused.
 */
import type { Channel } from '../core/channels.js';
import type { AudienceId, CampaignId, CouponId, PromotionId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import type { Price } from '../push/price.js';

export const CAMPAIGN_STATES = [
  'draft',
  'scheduled',
  'freezing',
  'running',
  'cancelling',
  'cancelled',
  'completed',
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

export const CAMPAIGN_PAUSE_REASONS = ['person', 'audienceDrift', 'audienceMax', 'soldOut'] as const;
export type CampaignPauseReason = (typeof CAMPAIGN_PAUSE_REASONS)[number];

/** Reasons that a person lifts by confirming the size of the frozen audience. */
export const isAudienceDoubt = (reason: CampaignPauseReason): boolean =>
  reason === 'audienceDrift' || reason === 'audienceMax';

export const CHANNEL_PAUSE_REASONS = ['person', 'accountRefused', 'refusals'] as const;
export type ChannelPauseReason = (typeof CHANNEL_PAUSE_REASONS)[number];

/** Weight of a campaign's turn on a channel: reminder 8, scheduled 4, bulk 1. */
export const CAMPAIGN_CLASSES = ['bulk', 'scheduled', 'reminder'] as const;
export type CampaignClass = (typeof CAMPAIGN_CLASSES)[number];
export const TURN_WEIGHTS: Readonly<Record<CampaignClass, number>> = { bulk: 1, scheduled: 4, reminder: 8 };

/** `all`: every channel tells every member it can reach; `first`: only the first in order that can. */
export const CHANNEL_POLICIES = ['all', 'first'] as const;
export type ChannelPolicy = (typeof CHANNEL_POLICIES)[number];

export interface Campaign {
  readonly campaignId: CampaignId;
  readonly name: string;
  readonly promotionId: PromotionId | null;
  /** The coupon that it tells of: it is held back while that is given out, and ends with it. */
  readonly couponId: CouponId | null;
  /** The campaign whose failed or unknown members this one tells again. */
  readonly parentCampaignId: CampaignId | null;
  /**
   * True where members are sent under the parent's references: it tells those whose outcome is unknown, on a keyed
   * channel, within the life of the vendor's keys, so that nobody gets it twice.
   */
  readonly sharesReferences: boolean;
  readonly campaignClass: CampaignClass;
  readonly state: CampaignState;
  readonly pauseReasons: readonly CampaignPauseReason[];
  readonly policy: ChannelPolicy;
  readonly audienceId: AudienceId;
  /** Launch at this time; null = as soon as launched. */
  readonly launchAt: EpochMs | null;
  readonly launchedAt: EpochMs | null;
  /** What is pending then is suppressed (expired); fixed at launch, and moved with the end of its coupon. */
  readonly deliverUntil: EpochMs | null;
  /** The end that it was launched with by itself: delivery never goes on after it. Null = that of its coupon alone. */
  readonly ownDeliverUntil: EpochMs | null;
  /** Size that the launch confirmed (of its dry run); null for launches that name none. */
  readonly expectedMembers: number | null;
  /** Larger audiences pause; for launches that name no dry run. */
  readonly maxMembers: number | null;
  /** Values of `promotion.*`, `coupon.*` and `campaign.*` for templates, fixed at launch. */
  readonly commonFields: Readonly<Record<string, string>>;
  /** Counts edits; what a dry run was made of. */
  readonly version: number;
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  readonly endedAt: EpochMs | null;
  /** Since when only its counts are left: who was sent what is kept 400 days. */
  readonly cellsForgottenAt: EpochMs | null;
}

export interface CampaignChannel {
  readonly campaignId: CampaignId;
  readonly channel: Channel;
  /** Place in the campaign's order of channels, from 0; what policy `first` goes by. */
  readonly position: number;
  readonly pauseReasons: readonly ChannelPauseReason[];
  readonly mode: DeliveryMode;
  readonly messageVersionId: number;
  /** Pace of this campaign on this channel; null = only the channel's own. */
  readonly membersPerSecond: number | null;
  readonly requestsPerSecond: number | null;
  /** Price of telling one member, fixed at launch; null where the channel has none. */
  readonly price: Price | null;
  readonly settledAt: EpochMs | null;
  readonly firstHandoverAt: EpochMs | null;
  readonly lastOutcomeAt: EpochMs | null;
}

/** A move of a campaign or one of its channels, as kept for ever: who, when, why. */
export interface CampaignMove {
  readonly campaignId: CampaignId;
  readonly at: EpochMs;
  readonly actor: string;
  readonly move: string;
  readonly detail: string | null;
}

export const isEnded = (state: CampaignState): boolean => state === 'cancelled' || state === 'completed';

/** State as people see it: `paused` where a reason holds a running campaign back. */
export function shownState(campaign: Pick<Campaign, 'state' | 'pauseReasons'>): CampaignState | 'paused' {
  return campaign.state === 'running' && campaign.pauseReasons.length > 0 ? 'paused' : campaign.state;
}
