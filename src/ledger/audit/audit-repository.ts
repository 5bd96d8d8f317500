/** The books as they lie in the store, damage included: nothing here asserts, so that the audit can name what is wrong. */
import type { Channel } from '../../core/channels.js';
import type { AudienceId, CampaignId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { BucketMembers } from '../bucket-members.js';
import type { ClassCounts, Stream } from '../ledger-repository.js';

export interface StoredBucket {
  readonly bucket: number;
  readonly from: number;
  readonly until: number;
  readonly memberCount: number;
  /** Null where the bytes or their check sum are not what was written. */
  readonly members: BucketMembers | null;
}

export interface StoredLedgerRow {
  readonly bucket: number;
  readonly memberCount: number;
  readonly counts: ClassCounts;
  readonly isLeased: boolean;
  readonly dueAt: EpochMs | null;
  readonly openSince: EpochMs | null;
  readonly firstHandoverAt: EpochMs | null;
  readonly lastHandoverAt: EpochMs | null;
  /** Null while nothing was written: all pending. */
  readonly cells: Uint8Array | null;
  /** False where the check sum does not match the cells. */
  readonly isIntact: boolean;
}

/** A part of the store that belongs to a campaign and channel by its number only. */
export interface StrayStream {
  /** Undefined where the number is no channel. */
  readonly channel: Channel | undefined;
  readonly campaignId: CampaignId;
}

export interface InboxFinding {
  readonly campaignId: CampaignId;
  readonly block: number;
  /**
   * `unknownCampaign`: nobody launched it by inbox. `bothForms`: a bitmap and rows. `unmarkedRows`: rows that deliveries
   * would not find. `markWithoutRows`: the mark of rows that are not there.
   */
  readonly what: 'unknownCampaign' | 'bothForms' | 'unmarkedRows' | 'markWithoutRows';
}

export interface QueueFinding {
  readonly topic: string;
  readonly group: string;
  readonly position: number;
  /**
   * `cursorAhead`: the group has read what was never sent. `noGroup`, `noEvent`: a delivery without its group or event.
   * `beyondCursor`: given out before the group came to it. `blocked`: waits behind nothing.
   * `overtaken`: due although an earlier message of its key is outstanding.
   */
  readonly what: 'cursorAhead' | 'noGroup' | 'noEvent' | 'beyondCursor' | 'blocked' | 'overtaken';
}

/** Something with a life of its own and the events that must have told of it. */
export interface AnnouncedLife {
  readonly key: string;
  readonly createdAt: EpochMs;
  readonly launchedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly endState: 'ended' | 'completed' | 'cancelled' | null;
}

export interface EventCount {
  readonly key: string;
  readonly events: number;
}

/** All of it is read only. */
export interface AuditRepository {
  /** In order, after `after`. */
  audienceIds(after: AudienceId | undefined, limit: number): Promise<readonly AudienceId[]>;
  /** Buckets in the order of their numbers, from `firstBucket`. */
  buckets(audienceId: AudienceId, firstBucket: number, limit: number): Promise<readonly StoredBucket[]>;
  rows(stream: Stream, firstBucket: number, limit: number): Promise<readonly StoredLedgerRow[]>;
  /** Sums of what stands beside the rows' cells. */
  rowTotals(stream: Stream): Promise<{ readonly rows: number; readonly counts: ClassCounts }>;

  /** Audiences that have buckets and do not exist; at most `limit`. */
  strayAudiences(limit: number): Promise<readonly AudienceId[]>;
  /** Campaigns and channels that have ledger rows, counts or details and do not exist; at most `limit`. */
  strayStreams(limit: number): Promise<readonly StrayStream[]>;

  /** Blocks [fromBlock, untilBlock) of all inboxes. */
  inboxFindings(fromBlock: number, untilBlock: number): Promise<readonly InboxFinding[]>;
  /** The first block from `fromBlock` on that has anything in an inbox; null behind the last. */
  nextInboxBlock(fromBlock: number): Promise<number | null>;

  /** Details kept of a stream, and how many there are by the count beside them. */
  detailCounts(stream: Stream): Promise<{ readonly kept: number; readonly counted: number }>;

  /** What contradicts itself in the structure of the file, in the store's words; at most `limit`. Reads all of it. */
  structureFindings(limit: number): Promise<readonly string[]>;

  /** The highest block with anything of a member; -1 where there is none. */
  lastMemberBlock(): Promise<number>;

  /** At most `limit` of each kind. */
  queueFindings(limit: number): Promise<readonly QueueFinding[]>;
  /** How many events of a topic are kept, by key. */
  eventCounts(topic: string): Promise<readonly EventCount[]>;
  campaignLives(): Promise<readonly AnnouncedLife[]>;
  promotionLives(): Promise<readonly AnnouncedLife[]>;
}
