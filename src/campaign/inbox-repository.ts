import type { CampaignId } from '../core/ids.js';
import type { OrdinalRange } from '../core/ranges.js';
import type { EpochMs } from '../core/time.js';

export interface InboxEntry {
  readonly campaignId: CampaignId;
  readonly isRead: boolean;
}

/** The shop's own inbox: bitmaps by block and campaign, rows where a block has fewer than 16 of its members. */
export interface InboxRepository {
  /** Puts a campaign into the inboxes of members; ordinals ascend; those who have it keep it, read or not. */
  deliver(campaignId: CampaignId, ordinals: ArrayLike<number>): Promise<void>;
  /** Newest campaigns first; `before` is exclusive. */
  page(
    ordinal: number,
    options: { readonly limit: number; readonly before?: CampaignId | undefined },
  ): Promise<readonly InboxEntry[]>;
  unreadCount(ordinal: number): Promise<number>;
  /** False when the member has no such message. Safe to repeat. */
  markRead(ordinal: number, campaignId: CampaignId): Promise<boolean>;
  /** Marks up to `limit` unread messages of a member, newest first; answers how many there were. */
  markAllRead(ordinal: number, limit: number): Promise<number>;
  /** Ordinals of [from, until) who have the campaign, ascending; `until` may be Infinity. For audits: O(blocks in the range). */
  holdersBetween(campaignId: CampaignId, range: OrdinalRange): Promise<readonly number[]>;
  /** Looks at one slice of blocks; see `InboxPurge`. */
  purge(options: InboxPurge): Promise<InboxPurgeStep>;
}

/** A slice of blocks [fromBlock, fromBlock + blockCount) from which campaigns launched before an instant leave. */
export interface InboxPurge {
  readonly launchedBefore: EpochMs;
  readonly fromBlock: number;
  readonly blockCount: number;
}

export interface InboxPurgeStep {
  /** Bitmaps and rows that went. */
  readonly removed: number;
  /** Where the next slice begins (empty blocks are skipped); null behind the last. */
  readonly nextBlock: number | null;
}
