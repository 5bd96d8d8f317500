import type { Channel } from '../core/channels.js';
import type { Chunk, ChunkAnswer } from '../core/ports/provider.js';
import type { DomainError } from '../core/errors.js';
import type { EpochMs } from '../core/time.js';
import type { ClaimTerms } from './claim-right.js';
import type { HeldBucket, PushStream } from './stream.js';

/** Members marked in flight in one turn, to be handed to the provider after its commit. */
export interface MarkedChunk {
  readonly held: HeldBucket;
  /** Positions in the bucket, ascending. */
  readonly positions: Uint16Array;
  readonly ordinals: Float64Array;
  readonly rounds: Uint8Array;
  readonly recipients: Chunk['recipients'];
}

export interface FinishedChunk {
  readonly held: HeldBucket;
  readonly positions: Uint16Array;
  readonly answer: ChunkAnswer;
  readonly sentAt: EpochMs;
}

/** Members of a stream that pace and window have room for. */
export interface StreamWant {
  readonly stream: PushStream;
  readonly held: readonly HeldBucket[];
  readonly members: number;
  readonly chunkMembers: number;
  readonly maxClaims: number;
  /** Tasks to enqueue once so many buckets are claimed and more may be due. */
  readonly tasksFor: ClaimTerms['tasksFor'];
  /** Buckets not to claim: members of theirs are still at the vendor, under a lease that may have been lost. */
  readonly except: readonly number[];
}

export interface TurnPlan {
  readonly channel: Channel;
  readonly now: EpochMs;
  readonly owner: string;
  /** How long a claimed lease holds unless renewed; undefined = without end. */
  readonly leaseMs: number | undefined;
  /** When the turn was planned, on the monotonic clock: no lease that it takes holds for longer, counted from here. */
  readonly plannedAtMs: number;
  readonly isStopping: boolean;
  /** The own inbox: deciding is sending, in this transaction. */
  readonly isInStore: boolean;
  readonly keyLifeMs: number | undefined;
  /** Members can stand together in one request to the vendor, so one of them can spoil it for the others. */
  readonly sharesRequests: boolean;
  readonly answers: readonly FinishedChunk[];
  /** How many of the pusher's answers are done with after this turn; some may be of buckets lost meanwhile. */
  readonly answerCount: number;
  readonly wants: readonly StreamWant[];
  /** Held buckets to give back although their pass is not through. */
  readonly giveBack: readonly HeldBucket[];
  /** Held buckets that could not be worked on: put off, which is a loss of theirs. */
  readonly putOff: readonly HeldBucket[];
  /** A bucket whose next member alone could not be worked on, again and again: that one is given up. */
  readonly giveUp: HeldBucket | undefined;
  /** Streams to pause because most answers refuse. */
  readonly refusing: readonly PushStream[];
  /** Delay before a try after `tries` failures, jitter included. */
  readonly backOffMs: (tries: number) => number;
  /** How long a member waits whom no socket saw: no try was made, but asking at once could go on for ever. */
  readonly notSentMs: () => number;
  /** How long a bucket rests after so many losses, jitter included. */
  readonly restMs: (losses: number) => number;
}

/** Where a turn is, kept up to date while it runs: whoever sees it throw knows which bucket it was at. */
export interface TurnPlace {
  bucket: BucketPlace | undefined;
}

export interface BucketPlace {
  readonly held: HeldBucket;
  /** True when the bucket was claimed by this very turn: once it has thrown, nobody holds it. */
  readonly isClaimedNow: boolean;
  /** Reading what is recorded, deciding and marking, or giving a member up. */
  readonly work: 'load' | 'mark' | 'giveUp';
}

/** A bucket that a turn touched: as held now, or undefined where the lease was given back or lost. */
export interface BucketChange {
  readonly before: HeldBucket;
  readonly after: HeldBucket | undefined;
  /** Its lease was taken by this turn. */
  readonly isClaimed: boolean;
}

export interface TurnResult {
  readonly buckets: readonly BucketChange[];
  readonly chunks: readonly MarkedChunk[];
  /** What was said of damaged rows, which were left out. */
  readonly damages: readonly DomainError[];
  readonly streams: readonly StreamResult[];
}

export interface StreamResult {
  readonly stream: PushStream;
  readonly markedMembers: number;
  readonly isRunnable: boolean;
  readonly claimedBuckets: number;
  /** More could have been marked if more had been claimed. */
  readonly isShort: boolean;
  /** When there is something to claim again; null = nothing unleased waits. Undefined = more may be due now. */
  readonly nextDueAt: EpochMs | null | undefined;
}
