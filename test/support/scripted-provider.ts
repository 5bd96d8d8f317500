import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Channel } from '../../src/core/channels.js';
import type { AnswerKind, Chunk, ChunkAnswer, Provider, ProviderCapabilities } from '../../src/core/ports/provider.js';

/** One member of one request, as the vendor saw it. */
export interface Taken {
  readonly campaignId: number;
  readonly ordinal: number;
  readonly round: number;
  /** How often this member of this campaign was asked for before. */
  readonly attempt: number;
}

export interface ScriptedOptions {
  readonly channel?: Channel;
  readonly capabilities?: Partial<ProviderCapabilities>;
  /** The vendor's answer for a member; 'hang' = never, until `release`. Accepted unless said otherwise. */
  readonly script?: (taken: Taken) => AnswerKind | 'hang';
  /** Added to each answer. */
  readonly extra?: Partial<ChunkAnswer>;
}

/** A vendor within the process whose every answer the test chooses, and which remembers what it took. */
export class ScriptedProvider implements Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;
  script: (taken: Taken) => AnswerKind | 'hang';
  extra: Partial<ChunkAnswer>;
  readonly requests: Taken[][] = [];
  private readonly attempts = new Map<string, number>();
  private releases: (() => void)[] = [];

  constructor(options: ScriptedOptions = {}) {
    this.channel = options.channel ?? 'sms';
    this.script = options.script ?? (() => 'accepted');
    this.extra = options.extra ?? {};
    this.capabilities = {
      maxChunkMembers: 100,
      maxRequestMembers: 100,
      isKeyed: true,
      keyLifeMs: 86_400_000,
      maxConcurrentRequests: 8,
      rendersMessage: false,
      recipientColumns: [],
      ...options.capabilities,
    };
  }

  /** Members asked for, in order. */
  get taken(): readonly Taken[] {
    return this.requests.flat();
  }

  /** What a vendor that knows keys would deliver: one message per campaign, member and round; else one per request. */
  deliveries(campaign: number): ReadonlyMap<number, number> {
    const seen = new Set<string>();
    const delivered = new Map<number, number>();
    for (const { campaignId, ordinal, round } of this.taken) {
      if (campaignId !== campaign) continue;
      const key = `${ordinal}/${round}`;
      if (this.capabilities.isKeyed && seen.has(key)) continue;
      seen.add(key);
      delivered.set(ordinal, (delivered.get(ordinal) ?? 0) + 1);
    }
    return delivered;
  }

  async send(chunk: Chunk, { signal }: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    const request = Array.from(chunk.ordinals, (ordinal, index): Taken => {
      const key = `${chunk.campaignId}/${ordinal}`;
      const attempt = this.attempts.get(key) ?? 0;
      this.attempts.set(key, attempt + 1);
      return { campaignId: chunk.referenceCampaignId, ordinal, round: chunk.rounds[index] ?? 0, attempt };
    });
    this.requests.push(request);
    const answers = request.map((taken) => this.script(taken));
    await nextTurn();
    if (answers.includes('hang')) {
      const isAborted = await this.hang(signal);
      if (isAborted) return { kinds: 'ambiguous' };
    }
    const kinds = answers.map((kind) => (kind === 'hang' ? 'accepted' : kind));
    const [first = 'accepted'] = kinds;
    return { kinds: kinds.every((kind) => kind === first) ? first : kinds, ...this.extra }; // as vendors' answers come
  }

  /** Lets all hanging requests be answered: accepted. */
  release(): void {
    for (const release of this.releases.splice(0)) release();
  }

  async close(): Promise<void> {
    this.release();
  }

  private hang(signal: AbortSignal): Promise<boolean> {
    setMaxListeners(0, signal); // one for each request under way is no leak
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve(true);
      });
      this.releases.push(() => {
        resolve(false);
      });
    });
  }
}
