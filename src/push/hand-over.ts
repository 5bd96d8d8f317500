/**
 * What is at the vendor: chunks go out after the commit that marked them, answers wait here until a turn records them.
 * Also what answers teach about the vendor: its circuit, its Retry-After, who refuses too often.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Chunk, ChunkAnswer } from '../core/ports/provider.js';
import type { Random } from '../core/ports/random.js';
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
 * What still waits for a connection this long after it was marked is taken back and decided again: nothing starts more
 * than a second after an opt-out, a pause or a cancel was answered.
 */
const START_WITHIN_MS = 900;
/** What no socket has seen this long after it was marked is not sent any more: 75 % of a lease of 8 s. */
const SEND_WITHIN_MS = 6_000;

export interface HandOverDeps {
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly streams: StreamTable;
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
  private readonly finished: FinishedChunk[] = [];
  private readonly refusing = new Set<PushStream>();
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

  /** Hands over what a committed turn has marked. */
  send(chunk: MarkedChunk): void {
    const { settings, clock, onError } = this.deps;
    if (settings.provider === undefined) return;
    const sentAt = clock.now();
    this.openMembers += chunk.positions.length;
    this.openRequests += requestsOf(settings, chunk.positions.length);
    void settings.provider
      .send(toChunk(chunk), { signal: this.sending.signal })
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
}

function toChunk({ held, ordinals, rounds, recipients }: MarkedChunk): Chunk {
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
    startWithinMs: START_WITHIN_MS,
    sendWithinMs: SEND_WITHIN_MS,
  };
}
