import type { Channel } from '../channels.js';
import type { CampaignId } from '../ids.js';
import type { TaskClass } from '../task-topics.js';
import type { EpochMs } from '../time.js';

/** Invitations to nodes to work on a campaign's buckets. */
export interface BucketTasks {
  readonly campaignId: CampaignId;
  readonly channel: Channel;
  readonly campaignClass: TaskClass;
  readonly count: number;
  /** Beside the look-ahead: none follows when its buckets are claimed. Default false. */
  readonly isExtra?: boolean;
  /** Not handed out before; left out = at once. */
  readonly dueAt?: EpochMs | undefined;
}

/** Bucket tasks that leave with the transaction that causes them; nothing where pushers look for themselves. */
export interface TaskOutbox {
  append(tasks: BucketTasks): Promise<void>;
}

/** What whoever makes buckets due needs of its transaction. */
export interface TaskTx {
  readonly tasks: TaskOutbox;
}
