/**
 * What is at the vendor: chunks go out after the commit that marked them, answers wait here until a turn records them.
 * Also what answers teach about the vendor: its circuit, its Retry-After, who refuses too often.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Chunk, ChunkAnswer } from '../core/ports/provider.js';
import type { Random } from '../core/ports/random.js';
import type { CampaignId } from '../core/ids.js';
import { epochMs, type EpochMs } from '../core/time.js';
import { backOffMs } from './back-off.js';
import type { ChannelSettings } from './channel-settings.js';
import { Circuit } from './circuit.js';
import { requestsOf } from './chunk-size.js';
import { soundAnswer } from './sound-answer.js';
import type { HeldBucket, PushStream } from './stream.js';
import type { StreamTable } from './stream-table.js';
import type { FinishedChunk, MarkedChunk } from './turn-plan.js';

/**
 * What still waits for a connection this long after it was decided is taken back and decided again: nothing starts more
 * than a second after an opt-out, a pause or a cancel was answered. Other nodes answer while a turn waits for its locks
 * and its commit, so it counts from the turn's first look.
 */
export const START_WITHIN_MS = 900;
/** What no socket has seen this long after it was marked is not sent any more, whatever the lease. */
const SEND_WITHIN_MS = 6_000;

export interface HandOverDeps {
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly streams: StreamTable;
  /** Milliseconds for which the lease of a bucket lets its holder send. */
  readonly sendWithinMs: (held: HeldBucket) => number;
  /** An answer is there. */
  readonly onAnswer: () => void;
  readonly onCircuit: (state: string) => void;
  /** The provider broke its promise never to reject. */
  readonly onError: (error: unknown, held: HeldBucket) => void;
}

export class HandOver {
  readonly circuit: Circuit;
  /** Members at the vendor. */
  openMembers = 0;
  /** Requests that they are. */
  openRequests = 0;
  /** Members taken back since the start because the turn that decided on them took too long to be committed. */
  lateMembers = 0;
  private readonly finished: FinishedChunk[] = [];
  private readonly refusing = new Set<PushStream>();
  /** Chunks at the vendor by campaign and bucket, under whichever lease. */
  private readonly openBuckets = new Map<CampaignId, Map<number, number>>();
  private readonly sending = new AbortController();
  private vendorWaitUntilMs = 0;

  constructor(private readonly deps: HandOverDeps) {
    this.circuit = new Circuit(deps.clock, deps.random);
  }

  /** Answers that no turn has recorded, oldest first. */
  get answers(): readonly FinishedChunk[] {
    return this.finished;
  }

  /** Members whose outcome no turn has recorded: at the vendor, or answered only just now. */
  get unrecordedMembers(): number {
    return this.finished.reduce((sum, { positions }) => sum + positions.length, this.openMembers);
  }

  /** Buckets of a stream with members at the vendor, under whichever lease they were handed over. */
  bucketsOf({ campaignId }: PushStream): number[] {
    return [...(this.openBuckets.get(campaignId)?.keys() ?? [])];
  }

  /** Streams to pause because most answers refuse. */
  get refusals(): readonly PushStream[] {
    return [...this.refusing];
  }

  /** Milliseconds for which the vendor asked to be left alone. */
  get vendorWaitMs(): number {
    return Math.max(0, this.vendorWaitUntilMs - this.deps.clock.monotonicMs());
  }

  /** A turn has recorded the first `answerCount` answers, and paused these streams. */
  recorded(answerCount: number, paused: readonly PushStream[]): void {
    this.finished.splice(0, answerCount);
    for (const stream of paused) this.refusing.delete(stream);
  }

  /** Hands over what a committed turn has marked that began to decide at `decidedAtMs` of the monotonic clock. */
  send(chunk: MarkedChunk, decidedAtMs: number): void {
    const { settings, clock, onError } = this.deps;
    if (settings.provider === undefined) return;
    const sentAt = clock.now();
    this.openMembers += chunk.positions.length;
    this.openRequests += requestsOf(settings, chunk.positions.length);
    this.countOpen(chunk.held, 1);
    const sendWithinMs = Math.min(SEND_WITHIN_MS, this.deps.sendWithinMs(chunk.held));
    const startWithinMs = START_WITHIN_MS - (clock.monotonicMs() - decidedAtMs);
    if (startWithinMs <= 0) this.lateMembers += chunk.positions.length;
    if (sendWithinMs <= 0 || startWithinMs <= 0) {
      this.receive(chunk, { answer: { kinds: 'notSent' }, sentAt });
      return;
    }
    void settings.provider
      .send(toChunk(chunk, { startWithinMs, sendWithinMs }), { signal: this.sending.signal })
      // A provider that breaks its promise never to reject may have sent, and broke with these members in hand.
      .catch((error: unknown): ChunkAnswer => {
        onError(error, chunk.held);
        return { kinds: 'ambiguous', detail: { code: 'PROVIDER' }, isSenderLost: true };
      })
      .then((answer) => {
        this.receive(chunk, { answer: soundAnswer(answer, chunk.positions.length), sentAt });
      });
  }

  /** Has everything at the vendor answered at once: what no socket has seen as not sent, the rest as ambiguous. */
  abort(): void {
    this.sending.abort();
  }

  private receive(
    chunk: MarkedChunk,
    { answer, sentAt }: { readonly answer: ChunkAnswer; readonly sentAt: EpochMs },
  ): void {
    const { settings, clock, random, streams, onAnswer, onCircuit } = this.deps;
    this.openMembers -= chunk.positions.length;
    this.openRequests -= requestsOf(settings, chunk.positions.length);
    this.countOpen(chunk.held, -1);
    const before = this.circuit.state;
    this.circuit.record(answer);
    if (this.circuit.state !== before) onCircuit(this.circuit.state);
    if (answer.isAccountThrottle === true) {
      const waitMs = answer.retryAfterMs ?? backOffMs(1, settings.retry, random);
      this.vendorWaitUntilMs = Math.max(this.vendorWaitUntilMs, clock.monotonicMs() + waitMs);
    }
    const state = streams.get(chunk.held.stream);
    if (state?.watch.record(answer, chunk.positions.length) === true) this.refusing.add(state.stream);
    this.finished.push({ held: chunk.held, positions: chunk.positions, answer, sentAt: epochMs(sentAt) });
    onAnswer();
  }

  private countOpen({ stream: { campaignId }, bucket }: HeldBucket, change: 1 | -1): void {
    const buckets = this.openBuckets.get(campaignId) ?? new Map<number, number>();
    const chunks = (buckets.get(bucket) ?? 0) + change;
    if (chunks > 0) buckets.set(bucket, chunks);
    else buckets.delete(bucket);
    if (buckets.size > 0) this.openBuckets.set(campaignId, buckets);
    else this.openBuckets.delete(campaignId);
  }
}

function toChunk(
  { held, ordinals, rounds, recipients }: MarkedChunk,
  within: Pick<Chunk, 'startWithinMs' | 'sendWithinMs'>,
): Chunk {
  const { campaignId, channel, parent, messageVersionId, message, commonFields } = held.stream;
  return {
    campaignId,
    referenceCampaignId: parent?.sharesReferences === true ? parent.campaignId : campaignId,
    channel,
    messageVersionId,
    ordinals,
    rounds,
    recipients,
    message,
    commonFields,
    ...within,
  };
}
