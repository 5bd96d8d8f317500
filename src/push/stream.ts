import type { AudienceId, CampaignId } from '../core/ids.js';
import type { Channel } from '../core/channels.js';
import type { CampaignClass } from '../campaign/campaign.js';
import type { MessageTemplate, RecipientColumn } from '../core/ports/provider.js';
import type { TryRules } from '../ledger/cell-moves.js';
import type { BucketKey, Stream } from '../ledger/ledger-repository.js';

/** A running campaign on one channel, as the pusher works on it: everything fixed at launch. */
export interface PushStream extends Stream {
  readonly audienceId: AudienceId;
  readonly campaignClass: CampaignClass;
  /** Share of turns against other campaigns of the channel. */
  readonly weight: number;
  /** The campaign's channels in order where its policy is `first`, else null. */
  readonly choiceOrder: readonly Channel[] | null;
  readonly rules: TryRules;
  readonly messageVersionId: number;
  readonly message: MessageTemplate;
  readonly commonFields: Readonly<Record<string, string>>;
  /** Columns of members that message and provider need; empty where nothing is rendered. */
  readonly columns: readonly RecipientColumn[];
  /** Of a child campaign: whose cells say who was told meanwhile, and whose references are used again. */
  readonly parent: ParentStream | null;
}

export interface ParentStream {
  readonly campaignId: CampaignId;
  readonly audienceId: AudienceId;
  /** True where unknown members are sent again under the parent's references. */
  readonly sharesReferences: boolean;
}

/** A bucket whose lease this pusher holds, between turns. */
export interface HeldBucket {
  readonly stream: PushStream;
  readonly bucket: number;
  readonly token: number;
  readonly ordinals: Float64Array;
  /** What this pass touches: cells never tried, cells tried before, or both. */
  readonly pass: { readonly fresh: boolean; readonly tried: boolean };
  /** Claims lost at work, this one's own losses included. */
  readonly lossCount: number;
  /** True once what was sending died with members of this pass in hand. */
  readonly hasLost: boolean;
  /** Cells without an outcome when it was claimed. */
  readonly claimedCount: number;
  /** First position that this pass has not looked at. */
  readonly cursor: number;
  /** Members handed over whose outcome is not durable yet. */
  readonly openCount: number;
  /** When the cells that came back may be tried again; null = none came back, or at once. */
  readonly freshAt: number | null;
  readonly triedAt: number | null;
}

export const keyOf = ({ stream: { campaignId, channel }, bucket }: HeldBucket): BucketKey => ({
  campaignId,
  channel,
  bucket,
});

export const isPassDone = (held: HeldBucket): boolean => held.cursor >= held.ordinals.length;
