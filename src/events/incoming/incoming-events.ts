import { assert } from '../../core/assert.js';
import { Coalescer } from '../../core/coalescer.js';
import { DomainError, isDomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { OrderNews } from '../../coupon/order/coupon-order.js';
import type { ToldOrders } from '../../coupon/order/lock-desk.js';
import {
  INCOMING_KINDS,
  INCOMING_OUTCOMES,
  type IncomingOutcome,
  type IncomingTx,
  type ReceivedEvent,
} from './incoming-kinds.js';
import type { IncomingTopic } from './incoming-config.js';
import { mapMessage, type Misfit } from './map-message.js';

export interface IncomingMessage {
  /** Parsed JSON; undefined for what is none. */
  readonly content: unknown;
  readonly sentAt: EpochMs;
}

/** Messages of one transaction, where many callers share it. */
const MAX_TOGETHER = 1_000;

export type IncomingResult = { readonly outcome: IncomingOutcome } | ({ readonly outcome: 'misfit' } & Misfit);

export const MESSAGE_OUTCOMES = [...INCOMING_OUTCOMES, 'misfit', 'givenUp'] as const;
export type MessageOutcome = (typeof MESSAGE_OUTCOMES)[number];

export interface IncomingDeps<Tx extends IncomingTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly topics: ReadonlyMap<string, IncomingTopic>;
  /** What a login leads to beyond the member herself, in the same transaction; nothing where absent. */
  onLogin?(tx: Tx, ordinals: readonly Ordinal[]): Promise<void>;
  /** What news of orders leads to, in the same transaction; `actor` is the topic that told it. */
  onOrders(tx: Tx, told: { readonly news: readonly OrderNews[]; readonly actor: string }): Promise<ToldOrders>;
}

/** Takes messages of other systems as they are: one entrance for queue and HTTP. */
export class IncomingEvents<Tx extends IncomingTx> {
  private readonly counts = new Map<string, Map<MessageOutcome, number>>();
  private readonly together = new Map<string, Coalescer<IncomingMessage, IncomingResult>>();

  constructor(private readonly deps: IncomingDeps<Tx>) {}

  get topics(): IncomingDeps<Tx>['topics'] {
    return this.deps.topics;
  }

  /** @throws DomainError `NOT_FOUND` where nothing says how messages of this topic are read. */
  topic(name: string): IncomingTopic {
    const topic = this.deps.topics.get(name);
    if (topic !== undefined) return topic;
    const known = [...this.deps.topics.keys()];
    throw new DomainError(
      'NOT_FOUND',
      `No messages are taken under this name; known are ${known.join(', ')}. Add others to events.incoming in the configuration.`,
      { known },
    );
  }

  /**
   * Maps messages and has their effects, all in one transaction, which `remember` may join. Answers for each in the
   * order given; those that do not fit have no effect and hold up no other. Safe to repeat.
   * @throws what the store throws; then nothing has had an effect.
   */
  async take(
    topic: IncomingTopic,
    messages: readonly IncomingMessage[],
    remember: (tx: Tx, results: readonly IncomingResult[]) => Promise<void> = () => Promise.resolve(),
  ): Promise<readonly IncomingResult[]> {
    const mapped = messages.map(({ content }) => mapMessage(topic, content));
    const events = mapped.flatMap((message, index): ReceivedEvent<Readonly<Record<string, unknown>>>[] => {
      const sentAt = messages[index]?.sentAt;
      return message.kind === 'event' && sentAt !== undefined ? [{ fields: message.fields, sentAt }] : [];
    });
    let told: ToldOrders[] = [];
    const results = await this.deps.store.transaction(async (tx) => {
      told = [];
      const now = this.deps.clock.now();
      const loggedIn = async (ordinals: readonly Ordinal[]) => this.deps.onLogin?.(tx, ordinals);
      const ordersTold = async (news: readonly OrderNews[]) => {
        const heard = await this.deps.onOrders(tx, { news, actor: topic.topic });
        told.push(heard);
        return heard.outcomes;
      };
      const context = { now, loggedIn, ordersTold };
      const outcomes = events.length === 0 ? [] : await INCOMING_KINDS[topic.kind].apply(tx, events, context);
      assert(outcomes.length === events.length, `each event of ${topic.kind} has its outcome`);
      let next = 0;
      const results = mapped.map((message): IncomingResult => {
        if (message.kind === 'misfit') return { outcome: 'misfit', ...message.misfit };
        return { outcome: outcomes[next++] ?? 'unchanged' };
      });
      await remember(tx, results);
      return results;
    });
    for (const each of told) each.committed();
    for (const { outcome } of results) this.count(topic.topic, outcome, 1);
    return results;
  }

  /**
   * As `take`, in one transaction with whatever else comes on this topic at the moment: a login a request costs a
   * tenth of what it costs by itself. What fails for all is tried again alone, so that no message holds up another's.
   * Must not be called inside a transaction of the same store, which stops a body that does.
   */
  async takeTogether(topic: IncomingTopic, messages: readonly IncomingMessage[]): Promise<readonly IncomingResult[]> {
    try {
      return await this.coalescerOf(topic).ask(messages);
    } catch (error) {
      if (isDomainError(error, 'STORE_UNAVAILABLE')) throw error;
      return this.take(topic, messages);
    }
  }

  private coalescerOf(topic: IncomingTopic): Coalescer<IncomingMessage, IncomingResult> {
    const known = this.together.get(topic.topic);
    if (known !== undefined) return known;
    const coalescer = new Coalescer<IncomingMessage, IncomingResult>({
      maxItems: MAX_TOGETHER,
      keyOf: () => undefined,
      run: (all) => this.take(topic, all),
    });
    this.together.set(topic.topic, coalescer);
    return coalescer;
  }

  /** For what was decided elsewhere: a message that was given up. */
  count(topic: string, outcome: MessageOutcome, messages: number): void {
    const counts = this.counts.get(topic) ?? new Map<MessageOutcome, number>();
    counts.set(outcome, (counts.get(outcome) ?? 0) + messages);
    this.counts.set(topic, counts);
  }

  /** Messages since the start, by topic and what became of them. */
  *figures(): Iterable<readonly [topic: string, outcome: MessageOutcome, messages: number]> {
    for (const [topic, counts] of this.counts) {
      for (const [outcome, messages] of counts) yield [topic, outcome, messages];
    }
  }
}
