/**
 * The ledger: one row per (campaign, channel, bucket) with one byte per member. The row is the idempotency record.
 *
 * A row is `due` when it is unleased and holds pending cells whose time has come; claiming takes the lease and raises
 * the token, and every write of a holder names its token. Times: `nextAttemptAt` for cells never tried, `retryAt` for
 * cells tried; null where no such cell waits.
 */
import type { Channel } from '../core/channels.js';
import type { AudienceId, CampaignId } from '../core/ids.js';
import type { DomainError } from '../core/errors.js';
import type { EpochMs } from '../core/time.js';
import type { FrozenBucket } from './bucket-members.js';
import type { OutcomeClass } from './cell-code.js';

/** One campaign on one channel. */
export interface Stream {
  readonly campaignId: CampaignId;
  readonly channel: Channel;
}

export interface BucketKey extends Stream {
  readonly bucket: number;
}

export interface LedgerRow {
  readonly bucket: number;
  readonly memberCount: number;
  /** One code per member; a fresh copy that the caller may change. All pending where nothing was written yet. */
  readonly cells: Uint8Array;
  /** Cells without an outcome, those in flight included. */
  readonly pendingCount: number;
  readonly token: number;
  readonly isLeased: boolean;
  /** Claims in a row that began work and were never given back, without the one whose marks are still in the cells. */
  readonly lossCount: number;
  readonly nextAttemptAt: EpochMs | null;
  readonly retryAt: EpochMs | null;
  /** Oldest hand-over that has no answer yet. */
  readonly openSince: EpochMs | null;
  readonly firstHandoverAt: EpochMs | null;
  readonly lastHandoverAt: EpochMs | null;
}

/** A claimed row with the members it is about. */
export interface ClaimedBucket {
  readonly row: LedgerRow;
  readonly members: FrozenBucket;
}

/** What a holder writes back; everything is replaced. */
export interface LedgerWrite {
  readonly key: BucketKey;
  readonly token: number;
  readonly cells: Uint8Array;
  /** Members by class, in the order of OUTCOME_CLASSES. */
  readonly counts: ClassCounts;
  readonly openSince: EpochMs | null;
  readonly handedOverAt: EpochMs | null;
  readonly lossCount: number;
  /** Gives the lease back; the times say when pending cells are due. */
  readonly release: ReleaseTimes | undefined;
}

export interface ReleaseTimes {
  readonly nextAttemptAt: EpochMs | null;
  readonly retryAt: EpochMs | null;
}

export type ClassCounts = Readonly<Record<OutcomeClass, number>>;

/** Change of members by code in a stream; all codes before an outcome count under code 0. */
export interface CountDelta extends Stream {
  readonly code: number;
  readonly members: number;
}

export interface DetailRow {
  readonly ordinal: number;
  readonly at: EpochMs;
  /** Code of the cell when this was written. */
  readonly cellCode: number;
  readonly vendorCode: string | null;
  readonly vendorText: string | null;
  readonly vendorMessageId: string | null;
}

/** A lease as its holder knows it. */
export interface BucketLease extends BucketKey {
  readonly token: number;
}

/** A lease that its holder knows of, with what is on its way. */
export interface KeptLease extends BucketLease {
  /** Who is marked from this position on was handed over to nobody. */
  readonly markedUntil: number;
}

export interface ClaimOptions {
  readonly audienceId: AudienceId;
  readonly limit: number;
  readonly now: EpochMs;
  readonly owner: string;
  /** How long the lease holds by the store's clock, unless renewed; undefined = until it is given back or ended. */
  readonly leaseMs?: number | undefined;
  /** Buckets to leave alone: those of which the claimant still has members on a socket, under an older lease. */
  readonly except?: readonly number[] | undefined;
  /** Told of each damaged row, which is left out; answers when it is due again. */
  readonly onDamage?: ((error: DomainError) => EpochMs) | undefined;
}

export interface LedgerRepository {
  /** Makes the rows of a frozen audience for a stream, all pending and due at `dueAt`. */
  createRows(stream: Stream, audienceId: AudienceId, dueAt: EpochMs): Promise<void>;

  /**
   * Takes up to `limit` due rows in order of bucket, raising their tokens.
   * @throws DomainError `STORE_CORRUPT` at a damaged row, unless `onDamage` is given.
   */
  claim(stream: Stream, options: ClaimOptions): Promise<readonly ClaimedBucket[]>;
  /** The earliest instant at which an unleased row of the stream is due; null when none waits. */
  nextDueAt(stream: Stream): Promise<EpochMs | null>;

  /**
   * The row as it is now if the token still holds it, else undefined. Inside a transaction nobody else changes it
   * before its end: receipts wait, and find what the holder wrote.
   */
  load(key: BucketKey, token: number): Promise<LedgerRow | undefined>;
  /** Writes rows whose token still holds; answers which did. */
  save(writes: readonly LedgerWrite[]): Promise<readonly boolean[]>;

  /** The row whoever holds it, for look-ups. */
  find(key: BucketKey): Promise<LedgerRow | undefined>;
  /** The row whoever holds it, for receipts: nobody else changes it before this transaction has ended. */
  lock(key: BucketKey): Promise<LedgerRow | undefined>;
  /** Writes cells without a token: only moves that need none. */
  merge(key: BucketKey, cells: Uint8Array, counts: ClassCounts): Promise<void>;
  /**
   * Rows from `firstBucket` on that are unleased and not settled. Inside a transaction they stay so until its end, and
   * those that somebody else is just working on are left out.
   */
  unsettled(stream: Stream, firstBucket: number, limit: number): Promise<readonly LedgerRow[]>;
  /** All rows in order, for exports and audits. */
  rows(stream: Stream, firstBucket: number, limit: number): Promise<readonly LedgerRow[]>;
  /** Rows in order that hold members of any of the classes. */
  rowsWith(
    stream: Stream,
    options: { readonly classes: readonly OutcomeClass[]; readonly firstBucket: number; readonly limit: number },
  ): Promise<readonly LedgerRow[]>;
  hasLeased(stream: Stream): Promise<boolean>;

  /**
   * Puts a row off until `dueAt`, whatever is in its cells, and counts a loss: its holder (of this token), or whoever
   * tried to claim it, could not work on it. Changes nothing while another holds it.
   */
  putOff(key: BucketKey, options: { readonly token: number | undefined; readonly dueAt: EpochMs }): Promise<void>;

  /** Makes unleased rows due that wait until after `ifAfter`, which no rule makes them; answers how many. */
  pullIn(options: { readonly now: EpochMs; readonly ifAfter: EpochMs }): Promise<number>;

  /**
   * Lets leases of an owner hold for `leaseMs` from now, by the store's clock, all in one statement; answers which still
   * did. One whose time was over holds again if nobody ended it meanwhile.
   */
  renewLeases(owner: string, leases: readonly BucketLease[], leaseMs: number): Promise<readonly boolean[]>;
  /**
   * Ends the leases whose time is over by the store's clock: tokens are raised, so that late holders are refused, and
   * what is pending is due at `dueAt`. Marks stay, as after a death. Answers how many.
   */
  endExpiredLeases(dueAt: EpochMs): Promise<number>;

  /** Ends every lease of the store: the folder's lock showed that the holder died. */
  endAllLeases(now: EpochMs): Promise<number>;

  /**
   * For an owner that does not know whether its last commit stayed. Ends its leases on a channel that are not in `keep`:
   * it lost track of them, and handed over nothing that is marked there, so the marks are taken back and no loss is
   * counted. In those of `keep` the marks that it knows nothing of are taken back.
   */
  endStrayLeases(options: {
    readonly owner: string;
    readonly channel: Channel;
    readonly now: EpochMs;
    readonly keep: readonly KeptLease[];
  }): Promise<number>;

  addCounts(deltas: readonly CountDelta[]): Promise<void>;
  /** Members by code; code 0 holds everything before an outcome. */
  counts(stream: Stream): Promise<ReadonlyMap<number, number>>;

  /**
   * Keeps details of failed and unknown members, up to 100,000 a stream, and counts the rest by error. What a vendor
   * wrote about a member who is gone is not kept: it may name the address.
   */
  addDetails(stream: Stream, details: readonly DetailRow[]): Promise<void>;
  /** Takes away what vendors wrote about a member, in every campaign; outcomes, times and codes stay. */
  forgetVendorWords(ordinal: number): Promise<void>;
  details(stream: Stream, ordinal: number): Promise<readonly DetailRow[]>;
  errorCounts(stream: Stream): Promise<readonly { readonly vendorCode: string; readonly members: number }[]>;

  /** Channel chosen for each member of a bucket under policy `first`: index into CHANNELS, 255 for none. */
  choice(campaignId: CampaignId, bucket: number): Promise<Uint8Array | undefined>;
  /** Keeps `choice` unless another channel has made one; answers what is kept. */
  keepChoice(campaignId: CampaignId, bucket: number, choice: Uint8Array): Promise<Uint8Array>;

  /** Takes away rows, details and choices of a campaign, some of them at a time; true once none is left. Counts stay. */
  forget(campaignId: CampaignId, limit: number): Promise<boolean>;
}
