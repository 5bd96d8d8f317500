import { endsWithin } from '../../core/ends-within.js';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type {
  DeadLetter,
  DeliveryReceipt,
  LeasedMessage,
  LeaseOptions,
  OutboundMessage,
  Queue,
} from '../../core/ports/queue.js';
import type { Random } from '../../core/ports/random.js';
import { checkMessage } from '../../events/check-message.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { assertCarriable, splitBatches } from './batches.js';
import { decodeDeadLetter, encodeDeadLetter, type DatedLetter } from './dead-letters.js';
import { MessageIds } from './message-ids.js';
import { RocketmqAdmin } from './remoting/rocketmq-admin.js';
import { RocketmqClient } from './rocketmq-client.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';
import { RocketmqNames } from './rocketmq-names.js';
import { planSends, type SendStream } from './send-plan.js';
import { groupOf, setUp, topicsOf } from './set-up.js';
import { TopicReader } from './topic-reader.js';
import { queueError } from './unavailable.js';

const MAX_STREAMS_AT_ONCE = 16;
/** How long a lease waits for something to come before it answers that there is nothing. */
const LEASE_WAIT_MS = 1_000;
/** How long a close waits for what is being sent. */
const SEND_GRACE_MS = 1_000;

export interface RocketmqQueueDeps {
  readonly settings: RocketmqSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent?: OnRocketmqEvent;
}

/**
 * The queue port over RocketMQ 5.
 *
 * A topic of ours is two of RocketMQ: one in order (or without any, for tasks), one for messages with an instant. A
 * group is one of RocketMQ, whatever it reads. The order of keys, short leases and waits between tries are kept in this
 * process while it holds a message; when it dies the broker brings everything again that it had not ended, at most
 * `leaseMs` + 10 s later. A delivery is ended by the process that took it. Attempts count the broker's deliveries and
 * those of this process.
 *
 * Two things are weaker than in the embedded queue: there is no order between keys, and while a message of an ordered
 * topic waits to be tried again, new ones of other keys may wait with it, if their keys fell into the same queue.
 */
export class RocketmqQueue implements Queue {
  private readonly names: RocketmqNames;
  private readonly client: RocketmqClient;
  private readonly admin: RocketmqAdmin;
  private readonly ids: MessageIds;
  private readonly readers = new Map<string, TopicReader>();
  private readonly closing = new AbortController();
  private readonly sending = new Set<Promise<unknown>>();
  private readonly ensured = new Set<string>();

  constructor(private readonly dependencies: RocketmqQueueDeps) {
    const { settings, clock, random, onEvent } = dependencies;
    this.names = new RocketmqNames(settings);
    this.admin = new RocketmqAdmin(settings.nameServers);
    this.ids = new MessageIds(random);
    this.client = new RocketmqClient({
      endpoints: settings.endpoints, // the schema asks for one at least
      clock,
      random,
      requestTimeoutMs: settings.requestTimeoutMs,
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  }

  /**
   * @throws DomainError `INVALID_CONFIG` when something is to be created and no name server is set, `QUEUE_UNAVAILABLE`
   *   when RocketMQ cannot be asked.
   */
  async ensureGroup({ topic, group }: { readonly topic: string; readonly group: string }): Promise<void> {
    const key = readerKey(topic, group);
    if (this.ensured.has(key)) return;
    const plan = { topics: topicsOf(this.names, topic), groups: groupOf(this.names, { topic, group }) };
    await setUp(this.admin, plan);
    // Where a topic is new, a proxy that was asked before goes on saying that there is none, for some seconds.
    for (const { name } of plan.topics) await this.tell(`find ${name}`, () => this.client.route(name, this.sendFor));
    this.ensured.add(key);
  }

  async send(
    messages: readonly OutboundMessage[],
    { withinMs = Infinity }: { readonly withinMs?: number } = {},
  ): Promise<void> {
    const endsMs = this.dependencies.clock.monotonicMs() + withinMs;
    const now = this.dependencies.clock.now();
    for (const message of messages) {
      checkMessage(message);
      this.checkDelay(message, now);
    }
    const streams = planSends(messages, { names: this.names, ids: this.ids, now });
    for (const stream of streams) for (const message of stream.messages) assertCarriable(message);
    const sent = this.sendStreams(streams, endsMs);
    this.sending.add(sent);
    try {
      await sent;
    } finally {
      this.sending.delete(sent);
    }
  }

  async lease({ topic, group, maxMessages, leaseMs }: LeaseOptions): Promise<readonly LeasedMessage[]> {
    if (this.closing.signal.aborted) throw closedError();
    return this.reader(topic, group).lease({ maxMessages, leaseMs });
  }

  async ack(group: string, messages: readonly DeliveryReceipt[]): Promise<readonly boolean[]> {
    const answers = new Map<DeliveryReceipt, boolean>();
    for (const topic of new Set(messages.map((message) => message.topic))) {
      const part = messages.filter((message) => message.topic === topic);
      const held = (await this.readers.get(readerKey(topic, group))?.ack(part)) ?? [];
      for (const [index, message] of part.entries()) answers.set(message, held[index] === true);
    }
    return messages.map((message) => answers.get(message) === true);
  }

  async retryLater(
    group: string,
    message: DeliveryReceipt,
    {
      delayMs,
      maxAttempts,
      reason,
    }: { readonly delayMs: number; readonly maxAttempts: number; readonly reason: string },
  ): Promise<void> {
    const reader = this.readers.get(readerKey(message.topic, group));
    const found = reader?.find(message);
    if (reader === undefined || found === undefined) return;
    const { entry, attempt } = found;
    if (attempt < maxAttempts) {
      await reader.park(entry, delayMs);
      return;
    }
    const deadLetterTopic = this.names.deadLetterTopic(group);
    const letter = encodeDeadLetter(entry.message, {
      topic: message.topic,
      deadLetterTopic,
      reason,
      attempts: attempt,
      messageId: this.ids.next(),
      now: this.dependencies.clock.now(),
    });
    // Sent first: a stop between the two makes a second letter, never none.
    await this.tell(`send to ${deadLetterTopic}`, () => this.client.send([letter], this.sendFor));
    await reader.bury(entry);
  }

  async deadLetters(
    group: string,
    { limit, afterMessageId }: { readonly limit: number; readonly afterMessageId?: string },
  ): Promise<readonly DeadLetter[]> {
    const letters = new Map<string, DatedLetter>();
    for await (const stored of this.admin.browse(this.names.deadLetterTopic(group), this.names.group(group))) {
      const letter = decodeDeadLetter(stored);
      if (!letters.has(letter.messageId)) letters.set(letter.messageId, letter);
    }
    const sorted = [...letters.values()].sort((left, right) => left.storedAt - right.storedAt);
    const after = sorted.findIndex(({ messageId }) => messageId === afterMessageId);
    return sorted.slice(after + 1, after + 1 + limit).map(({ storedAt: _, ...letter }) => letter);
  }

  /** What a topic and a group of ours are called in RocketMQ. */
  describe({ topic, group }: { readonly topic: string; readonly group: string }): {
    readonly name: string;
    readonly group: string;
  } {
    return { name: this.names.topic(topic).name, group: this.names.group(group) };
  }

  /** Messages that the group has not ended, by our name of the topic that it reads. @throws DomainError as `deadLetters`. */
  async backlog({ topic, group }: { readonly topic: string; readonly group: string }): Promise<number> {
    const { name, delayedName } = this.names.topic(topic);
    const queues = await this.admin.backlog(this.names.group(group));
    const own = queues.filter((queue) => queue.topic === name || queue.topic === delayedName);
    return own.reduce((sum, { messages }) => sum + messages, 0);
  }

  /**
   * Stops taking, gives what is being sent a second, ends connections and timers: a send that goes on trying because the
   * broker is away fails then. What was leased and not ended comes again elsewhere when its lease ends. Safe to repeat.
   */
  async close(): Promise<void> {
    this.closing.abort();
    await endsWithin(Promise.allSettled(this.sending), SEND_GRACE_MS, this.dependencies.clock);
    await this.client.close();
    await Promise.all([...this.readers.values()].map((reader) => reader.close()));
    this.admin.close();
  }

  private get sendFor(): { readonly forMs: number } {
    return { forMs: this.dependencies.settings.sendTimeoutMs };
  }

  private async sendStreams(streams: readonly SendStream[], endsMs: number): Promise<void> {
    const waiting = [...streams];
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let stream = waiting.shift(); stream !== undefined; stream = waiting.shift()) {
        await this.sendStream(stream, endsMs).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_STREAMS_AT_ONCE, streams.length) }, work));
    if (failures.length > 0) throw failures[0];
  }

  private async sendStream({ messages, canBatch }: SendStream, endsMs: number): Promise<void> {
    const { clock, settings } = this.dependencies;
    const { maxBatchMessages, maxBatchBytes } = settings;
    const limits = { maxMessages: canBatch ? maxBatchMessages : 1, maxBytes: maxBatchBytes };
    for (const batch of splitBatches(messages, limits)) {
      const forMs = Math.min(settings.sendTimeoutMs, endsMs - clock.monotonicMs());
      await this.tell(`send to ${batch[0]?.topic.name ?? ''}`, () => this.client.send(batch, { forMs }));
    }
  }

  private checkDelay({ deliverAt, topic }: OutboundMessage, now: number): void {
    const { maxDelayMs } = this.dependencies.settings;
    if (deliverAt === undefined || deliverAt - now <= maxDelayMs) return;
    throw new DomainError(
      'INVALID_INPUT',
      `A message for ${topic} is to wait ${deliverAt - now} ms; RocketMQ holds one for at most ${maxDelayMs} ms. Keep it in the store until then.`,
      { topic, delayMs: deliverAt - now, maxDelayMs },
    );
  }

  private reader(topic: string, group: string): TopicReader {
    const key = readerKey(topic, group);
    const known = this.readers.get(key);
    if (known !== undefined) return known;
    const { clock, onEvent = () => {} } = this.dependencies;
    const { name, delayedName, isOrdered } = this.names.topic(topic);
    const made = new TopicReader({
      clock,
      onEvent,
      consumer: this.client.consumer(this.names.group(group)),
      topic,
      wireTopics: [
        { name, isOrdered, isOptional: false },
        { name: delayedName, isOrdered: false, isOptional: true },
      ],
      waitMs: LEASE_WAIT_MS,
      closing: this.closing.signal,
    });
    this.readers.set(key, made);
    return made;
  }

  private async tell<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      throw queueError(what, error);
    }
  }
}

const readerKey = (topic: string, group: string): string => JSON.stringify([topic, group]);

const closedError = (): DomainError =>
  new DomainError('SHUTTING_DOWN', 'This process is stopping and takes no more messages.');
