/**
 * How many bucket tasks a running campaign has in the queue ahead of what is claimed. A task invites whoever takes it to
 * claim the next four buckets that are due; the ledger decides which, and whether there are any.
 */
import type { Channel } from '../core/channels.js';
import type { TaskTx } from '../core/ports/task-outbox.js';
import type { Campaign } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';

/** Buckets that one task invites to. */
export const BUCKETS_PER_TASK = 4;
/** Buckets ahead on a channel, shared by the campaigns that run; each has some. */
const LOOK_AHEAD_BUCKETS = 64;
const MIN_LOOK_AHEAD_BUCKETS = 4;

/** Tasks ahead of a campaign of `buckets`, one of `campaigns` that run. */
export function lookAheadTasks(campaigns: number, buckets = LOOK_AHEAD_BUCKETS): number {
  const share = Math.max(MIN_LOOK_AHEAD_BUCKETS, Math.floor(LOOK_AHEAD_BUCKETS / Math.max(1, campaigns)));
  return Math.ceil(Math.min(share, buckets) / BUCKETS_PER_TASK);
}

/** Enqueues the look-ahead of a campaign that may be pushed from now on, or of one channel of it. */
export async function inviteNodes(
  tx: TaskTx & { readonly campaigns: CampaignRepository },
  { campaignId, campaignClass }: Pick<Campaign, 'campaignId' | 'campaignClass'>,
  { channel: only, buckets }: { readonly channel?: Channel; readonly buckets?: number } = {},
): Promise<void> {
  const campaign = await tx.campaigns.find(campaignId);
  if (campaign?.state !== 'running' || campaign.pauseReasons.length > 0) return;
  const count = lookAheadTasks((await tx.campaigns.inStates(['running'])).length, buckets);
  for (const { channel, settledAt, pauseReasons } of await tx.campaigns.channels(campaignId)) {
    if (settledAt !== null || pauseReasons.length > 0 || (only !== undefined && channel !== only)) continue;
    if (count > 0) await tx.tasks.append({ campaignId, channel, campaignClass, count });
  }
}
