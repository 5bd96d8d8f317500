import { setMaxListeners } from 'node:events';
import type { Channel } from '../../../core/channels.js';
import type { Clock } from '../../../core/ports/clock.js';
import type {
  AnswerKind,
  Chunk,
  ChunkAnswer,
  Provider,
  ProviderCapabilities,
  RecipientColumn,
} from '../../../core/ports/provider.js';
import type { SimulatedProviderConfig } from '../../../push/config/simulated-provider-config.js';
import { AnswerSheet } from '../answer-sheet.js';
import { Slots } from '../slots.js';
import { simulatedKind, simulatedLatencyMs, simulatedRequestKind } from './simulated-answers.js';

/** Renders a chunk as a real vendor's adapter would; the result is thrown away. */
export type PracticeRenderer = (chunk: Chunk) => void;

export interface SimulatedProviderDeps {
  readonly clock: Clock;
  /** Given where the settings say `rendersMessage`. */
  readonly practice:
    { readonly render: PracticeRenderer; readonly recipientColumns: readonly RecipientColumn[] } | undefined;
}

/** Lost answers, and refused requests, that are remembered; the oldest goes first. */
const MAX_REMEMBERED = 1_000_000;

/** A vendor in the process: latency and answers by its settings, nothing leaves the machine. */
export class SimulatedProvider implements Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;
  private readonly config: SimulatedProviderConfig;
  private readonly deps: SimulatedProviderDeps;
  private readonly slots: Slots;
  private readonly lostAnswers = new Map<string, number>();
  private readonly refusedRequests = new Map<string, number>();
  private readonly answersAll: boolean;
  private readonly underWay = new Set<Promise<ChunkAnswer>>();
  private isClosed = false;

  constructor(channel: Channel, config: SimulatedProviderConfig, deps: SimulatedProviderDeps) {
    this.channel = channel;
    this.config = config;
    this.deps = deps;
    this.slots = new Slots(config.maxConcurrentRequests);
    this.answersAll = Object.values(config.answers).every((share) => share === 0);
    this.capabilities = {
      maxChunkMembers: config.maxMembers,
      maxRequestMembers: config.maxMembers,
      isKeyed: config.keyLifeMs !== undefined,
      keyLifeMs: config.keyLifeMs,
      maxConcurrentRequests: config.maxConcurrentRequests,
      rendersMessage: deps.practice !== undefined,
      recipientColumns: deps.practice?.recipientColumns ?? [],
    };
  }

  async send(chunk: Chunk, options: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    setMaxListeners(0, options.signal); // one for each request under way is no leak
    const answer = this.answer(chunk, options.signal);
    this.underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.underWay.delete(answer);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.slots.close();
    await Promise.all(this.underWay);
  }

  private async answer(chunk: Chunk, signal: AbortSignal): Promise<ChunkAnswer> {
    const { clock } = this.deps;
    const deadlineMs = clock.monotonicMs() + Math.min(chunk.startWithinMs, chunk.sendWithinMs);
    if (!(await this.slots.acquire(signal))) return NOT_SENT;
    try {
      if (this.isClosed || clock.monotonicMs() > deadlineMs) return NOT_SENT;
      this.deps.practice?.render(chunk);
      const first = { ordinal: chunk.ordinals[0] ?? 0, round: chunk.rounds[0] ?? 0, repeat: 0 };
      const latencyMs = simulatedLatencyMs(this.config, first);
      if (latencyMs > 0) await clock.sleep(latencyMs, signal);
      if (signal.aborted) return ABORTED;
      if (this.answersAll) return ACCEPTED;
      const key = `${chunk.referenceCampaignId} ${first.ordinal} ${first.round}`;
      const whole = simulatedRequestKind(this.config, { ...first, repeat: this.refusedRequests.get(key) ?? 0 });
      if (whole === undefined) return this.answerMembers(chunk);
      remember(this.refusedRequests, key);
      return this.answerRequest(whole);
    } finally {
      this.slots.release();
    }
  }

  private answerRequest(kind: AnswerKind): ChunkAnswer {
    const detail = { code: 'simulated' };
    if (kind !== 'throttled') return { kinds: kind, detail };
    return { kinds: kind, detail, retryAfterMs: this.config.retryAfterMs, isAccountThrottle: true };
  }

  private answerMembers(chunk: Chunk): ChunkAnswer {
    const sheet = new AnswerSheet(chunk.ordinals.length);
    chunk.ordinals.forEach((ordinal, position) => {
      const round = chunk.rounds[position] ?? 0;
      const key = `${chunk.referenceCampaignId} ${ordinal} ${round}`;
      const kind = simulatedKind(this.config, { ordinal, round, repeat: this.lostAnswers.get(key) ?? 0 });
      if (kind === 'ambiguous') remember(this.lostAnswers, key);
      sheet.set(position, kind, { code: 'simulated' });
    });
    return sheet.toAnswer();
  }
}

function remember(counts: Map<string, number>, key: string): void {
  const [oldest] = counts.keys();
  if (counts.size >= MAX_REMEMBERED && oldest !== undefined) counts.delete(oldest);
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const NOT_SENT: ChunkAnswer = { kinds: 'notSent' };
const ACCEPTED: ChunkAnswer = { kinds: 'accepted' };
const ABORTED: ChunkAnswer = { kinds: 'ambiguous', detail: { code: 'ABORTED' } };
