import type { Channel } from '../core/channels.js';
import type { CampaignId, CouponId } from '../core/ids.js';
import type { MessageTemplate } from '../core/ports/provider.js';
import type { EpochMs } from '../core/time.js';
import type { Campaign, CampaignChannel, CampaignMove, CampaignState } from './campaign.js';

/** Changes of a campaign's row; what is left out stays. */
export type CampaignChange = Partial<
  Pick<
    Campaign,
    | 'name'
    | 'promotionId'
    | 'couponId'
    | 'campaignClass'
    | 'state'
    | 'pauseReasons'
    | 'policy'
    | 'audienceId'
    | 'launchAt'
    | 'launchedAt'
    | 'deliverUntil'
    | 'ownDeliverUntil'
    | 'expectedMembers'
    | 'maxMembers'
    | 'commonFields'
    | 'version'
    | 'endedAt'
    | 'cellsForgottenAt'
  >
>;

export type CampaignChannelChange = Partial<
  Pick<
    CampaignChannel,
    | 'pauseReasons'
    | 'mode'
    | 'messageVersionId'
    | 'membersPerSecond'
    | 'requestsPerSecond'
    | 'price'
    | 'settledAt'
    | 'firstHandoverAt'
    | 'lastOutcomeAt'
  >
>;

/** What a dry run found, kept so that a launch can name it. */
export interface DryRunRecord {
  readonly dryRunId: number;
  readonly campaignId: CampaignId;
  readonly campaignVersion: number;
  readonly memberCount: number;
  /** The start it was made for; null = at once. */
  readonly launchAt: EpochMs | null;
  /** Members that would still be pending at `deliverUntil`, at the set pace. */
  readonly expiringCount: number;
  /** The whole answer as JSON. */
  readonly resultJson: string;
  readonly madeAt: EpochMs;
}

export interface CampaignRepository {
  insert(campaign: Campaign, channels: readonly CampaignChannel[]): Promise<void>;
  find(campaignId: CampaignId): Promise<Campaign | undefined>;
  /**
   * The campaign as it is now, which nobody else locks or changes before this transaction has ended: for whoever
   * changes it, or ends it, by what is read here.
   */
  lock(campaignId: CampaignId): Promise<Campaign | undefined>;
  /** Newest first; `before` is exclusive. */
  page(options: {
    readonly limit: number;
    readonly before?: CampaignId | undefined;
    readonly state?: CampaignState | undefined;
  }): Promise<readonly Campaign[]>;
  /** Campaigns in any of the states, oldest first: the planner's and pushers' work list. */
  inStates(states: readonly CampaignState[]): Promise<readonly Campaign[]>;
  /** Campaigns that tell of a coupon, drafts and ended ones among them, oldest first. */
  ofCoupon(couponId: CouponId): Promise<readonly Campaign[]>;
  /** Writes what `change` names and nothing else. */
  update(campaignId: CampaignId, change: CampaignChange): Promise<void>;

  /** In their order. */
  channels(campaignId: CampaignId): Promise<readonly CampaignChannel[]>;
  findChannel(campaignId: CampaignId, channel: Channel): Promise<CampaignChannel | undefined>;
  /** As `lock`, of one channel. Who locks both takes the campaign first. */
  lockChannel(campaignId: CampaignId, channel: Channel): Promise<CampaignChannel | undefined>;
  updateChannel(campaignId: CampaignId, channel: Channel, change: CampaignChannelChange): Promise<void>;
  /** Replaces a draft's channels. */
  replaceChannels(campaignId: CampaignId, channels: readonly CampaignChannel[]): Promise<void>;

  addMove(move: CampaignMove): Promise<void>;
  /** Oldest first. */
  moves(campaignId: CampaignId): Promise<readonly CampaignMove[]>;

  insertMessageVersion(messageVersionId: number, message: MessageTemplate, createdAt: EpochMs): Promise<void>;
  messageVersion(messageVersionId: number): Promise<MessageTemplate | undefined>;

  insertDryRun(record: DryRunRecord): Promise<void>;
  findDryRun(dryRunId: number): Promise<DryRunRecord | undefined>;
}
