import type { Channel } from '../core/channels.js';
import type { Chunk, ChunkAnswer } from '../core/ports/provider.js';
import type { EpochMs } from '../core/time.js';
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
}

export interface TurnPlan {
  readonly channel: Channel;
  readonly now: EpochMs;
  readonly owner: string;
  /** The own inbox: deciding is sending, in this transaction. */
  readonly isInStore: boolean;
  readonly keyLifeMs: number | undefined;
  readonly answers: readonly FinishedChunk[];
  readonly wants: readonly StreamWant[];
  /** Held buckets to give back although their pass is not through. */
  readonly giveBack: readonly HeldBucket[];
  /** Streams to pause because most answers refuse. */
  readonly refusing: readonly PushStream[];
  /** Delay before a try after `tries` failures, jitter included. */
  readonly backOffMs: (tries: number) => number;
}

export interface TurnResult {
  /** Buckets touched: as held now, or undefined where the lease was given back or lost. */
  readonly buckets: readonly { readonly before: HeldBucket; readonly after: HeldBucket | undefined }[];
  readonly chunks: readonly MarkedChunk[];
  readonly streams: readonly StreamResult[];
}

export interface StreamResult {
  readonly stream: PushStream;
  readonly markedMembers: number;
  readonly isRunnable: boolean;
  /** When there is something to claim again; null = nothing unleased waits. Undefined = more may be due now. */
  readonly nextDueAt: EpochMs | null | undefined;
}
