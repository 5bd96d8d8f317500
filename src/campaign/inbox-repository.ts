import type { CampaignId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';

export interface InboxEntry {
  readonly campaignId: CampaignId;
  readonly isRead: boolean;
}

/** The shop's own inbox: bitmaps by block and campaign, rows where a block has fewer than 16 of its members. */
export interface InboxRepository {
  /** Puts a campaign into the inboxes of members; ordinals ascend; those who have it keep it. */
  deliver(campaignId: CampaignId, ordinals: ArrayLike<number>): Promise<void>;
  /** Newest campaigns first; `before` is exclusive. */
  page(
    ordinal: number,
    options: { readonly limit: number; readonly before?: CampaignId | undefined },
  ): Promise<readonly InboxEntry[]>;
  unreadCount(ordinal: number): Promise<number>;
  /** False when the member has no such message. */
  markRead(ordinal: number, campaignId: CampaignId): Promise<boolean>;
  /** Removes up to `limitBlocks` blocks of campaigns launched before; answers how many went. */
  purge(launchedBefore: EpochMs, limitBlocks: number): Promise<number>;
}
