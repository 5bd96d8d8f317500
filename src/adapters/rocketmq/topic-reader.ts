import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type { DeliveryReceipt, LeasedMessage } from '../../core/ports/queue.js';
import { CallError } from './call-error.js';
import { MAX_RECEIVED, MIN_LEASE_MS, type Delivery, type GroupConsumer, type Source } from './group-consumer.js';
import { HeldMessages, type HeldMessage } from './held-messages.js';
import { decodeMessage } from './message-codec.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';
import { RecentIds } from './recent-ids.js';
import { queueError } from './unavailable.js';

/** By how much a lease of the broker outlasts that of the caller: time to give the message to the next one here. */
const LEASE_SLACK_MS = 5_000;
/** A lease is taken to end this much sooner than the broker may think. */
const LEASE_MARGIN_MS = 1_000;
/** A message without order that is to wait longer goes back to the broker: another process may take it then. */
const MAX_PARKED_MS = 10_000;
const MAX_POLLS_PER_SOURCE = 8;
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 500;
/** After an optional topic was not there. */
const LOOK_AGAIN_MS = 5_000;
const CALL_FOR_MS = 3_000;
const MAX_RECENT_IDS = 20_000;

export interface WireTopic {
  readonly name: string;
  readonly isOrdered: boolean;
  /** Whether it may be missing: who reads somebody else's topic needs none for delayed messages beside it. */
  readonly isOptional: boolean;
}

interface ReaderDeps {
  readonly clock: Clock;
  readonly onEvent: OnRocketmqEvent;
  readonly consumer: GroupConsumer;
  /** The name under which callers know the topic. */
  readonly topic: string;
  /** Where its messages come from: the topic itself, and the one for delayed messages. */
  readonly wireTopics: readonly WireTopic[];
  /** How long a lease waits for something to come. */
  readonly waitMs: number;
  readonly closing: AbortSignal;
}

/** One topic as one group reads it in this process: polls the brokers when somebody asks, and holds what came. */
export class TopicReader {
  private readonly held = new HeldMessages();
  /** What this process ended: the broker may bring it again, up to all of the last five seconds when it dies. */
  private readonly ended = new RecentIds(MAX_RECENT_IDS);
  private readonly running = new Map<string, number>();
  private readonly isFull = new Map<string, boolean>();
  private readonly waits = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private readonly background = new Set<Promise<void>>();
  private failure: CallError | undefined;

  constructor(private readonly dependencies: ReaderDeps) {}

  /** @throws DomainError `NOT_FOUND`, `QUEUE_REFUSED`, `QUEUE_UNAVAILABLE` when nothing came while the broker was away. */
  async lease({
    maxMessages,
    leaseMs,
  }: {
    readonly maxMessages: number;
    readonly leaseMs: number;
  }): Promise<readonly LeasedMessage[]> {
    const { clock, waitMs, closing } = this.dependencies;
    const endsMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const given = await this.give(maxMessages, leaseMs);
      if (given.length > 0) return given.map((entry) => this.toLeased(entry));
      if (closing.aborted) return [];
      this.poll(maxMessages, leaseMs);
      const nowMs = clock.monotonicMs();
      this.throwIfRefused(nowMs >= endsMs);
      if (nowMs >= endsMs) return [];
      const untilMs = Math.min(endsMs, this.held.nextReadyMs(nowMs) ?? endsMs);
      await this.waitForChange(Math.max(1, untilMs - nowMs));
    }
  }

  async ack(messages: readonly DeliveryReceipt[]): Promise<readonly boolean[]> {
    const nowMs = this.dependencies.clock.monotonicMs();
    const entries = messages.map((message) => this.held.find(message, nowMs));
    const known = entries.filter((entry) => entry !== undefined);
    const hasEnded = new Map<HeldMessage, boolean>();
    for (const { name } of this.dependencies.wireTopics) {
      const part = known.filter(({ message }) => message.wireTopic === name);
      const answers = await this.tellBroker('acknowledge', (consumer) =>
        consumer.ack(part.map(toDelivery), { forMs: CALL_FOR_MS }),
      );
      for (const [index, entry] of part.entries()) {
        hasEnded.set(entry, answers[index] === true);
        if (answers[index] === true) this.end(entry);
        else this.held.drop(entry);
      }
    }
    return entries.map((entry) => entry !== undefined && hasEnded.get(entry) === true);
  }

  /** The delivery of a receipt that still holds, with how often it was delivered. */
  find(message: DeliveryReceipt): { readonly entry: HeldMessage; readonly attempt: number } | undefined {
    const entry = this.held.find(message, this.dependencies.clock.monotonicMs());
    return entry === undefined ? undefined : { entry, attempt: attemptOf(entry) };
  }

  /** Gives a delivery back for `delayMs`. */
  async park(entry: HeldMessage, delayMs: number): Promise<void> {
    const { clock } = this.dependencies;
    if (entry.laneKey === undefined && delayMs > MAX_PARKED_MS) {
      await this.extend(entry, delayMs);
      this.held.remove(entry);
      return;
    }
    const untilMs = clock.monotonicMs() + delayMs;
    this.held.park(entry, untilMs);
    await this.cover(entry, untilMs, delayMs);
    this.wake();
  }

  /** Ends a delivery that lives on as a dead letter. */
  async bury(entry: HeldMessage): Promise<void> {
    await this.tellBroker('acknowledge', (consumer) => consumer.ack([toDelivery(entry)], { forMs: CALL_FOR_MS }));
    this.end(entry);
  }

  /** Resolves once nothing runs in the background; the signal of closing was given before. */
  async close(): Promise<void> {
    this.wake();
    await Promise.all(this.background);
  }

  /** Leases messages that are held; those whose broker's lease would not last are extended first, or dropped. */
  private async give(maxMessages: number, leaseMs: number): Promise<readonly HeldMessage[]> {
    const nowMs = this.dependencies.clock.monotonicMs();
    const taken = this.held.take({ maxMessages, nowMs, leaseMs });
    const areOurs = await Promise.all(taken.map((entry) => this.cover(entry, nowMs + leaseMs, leaseMs)));
    return taken.filter((_, index) => areOurs[index] === true);
  }

  /** Makes the broker's lease of a message, and of those behind it, outlast `untilMs`. False: it is no longer ours. */
  private async cover(entry: HeldMessage, untilMs: number, spanMs: number): Promise<boolean> {
    const short = [entry, ...this.held.followers(entry)].filter(
      ({ brokerLeaseEndsMs }) => brokerLeaseEndsMs <= untilMs,
    );
    const answers = await Promise.all(short.map((each) => this.extend(each, spanMs + LEASE_SLACK_MS)));
    const lost = short.find((_, index) => answers[index] === false);
    if (lost !== undefined) this.held.drop(lost);
    return lost !== entry;
  }

  private async extend(entry: HeldMessage, leaseMs: number): Promise<boolean> {
    const { clock, consumer } = this.dependencies;
    const endsMs = clock.monotonicMs() + leaseMs - LEASE_MARGIN_MS;
    try {
      const handle = await consumer.changeLease(toDelivery(entry), { leaseMs, forMs: CALL_FOR_MS });
      if (handle === undefined) return false;
      entry.handle = handle;
      entry.brokerLeaseEndsMs = endsMs;
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      this.failure = error;
      return false; // the broker brings it again when its lease ends
    }
  }

  private poll(maxMessages: number, leaseMs: number): void {
    for (const wireTopic of this.dependencies.wireTopics) {
      if ((this.running.get(wireTopic.name) ?? 0) > 0) continue;
      this.inBackground(wireTopic.name, async () => {
        const sources = await this.sources(wireTopic);
        for (const source of sources) this.pollSource(source, wireTopic, maxMessages, leaseMs);
        return { isNews: false };
      });
    }
  }

  private async sources(wireTopic: WireTopic): Promise<readonly Source[]> {
    const { consumer, clock, closing } = this.dependencies;
    try {
      return await consumer.sources(wireTopic.name, { forMs: 0 });
    } catch (error) {
      const isMissing = error instanceof CallError && error.code === 'TOPIC_NOT_FOUND';
      if (!isMissing || !wireTopic.isOptional) throw error;
      await clock.sleep(LOOK_AGAIN_MS, closing);
      return [];
    }
  }

  private pollSource(source: Source, wireTopic: WireTopic, maxMessages: number, leaseMs: number): void {
    const name = `${source.topic}@${source.broker}`;
    const most =
      this.isFull.get(name) === true ? Math.min(MAX_POLLS_PER_SOURCE, Math.ceil(maxMessages / MAX_RECEIVED)) : 1;
    for (let count = this.running.get(name) ?? 0; count < most; count++) {
      this.inBackground(name, async () => {
        const brokerLeaseMs = leaseMs + LEASE_SLACK_MS;
        const arrivals = await this.dependencies.consumer.poll(source, {
          // While one of an ordered queue is out nobody else gets the rest: what is there is taken at once.
          maxMessages: wireTopic.isOrdered ? MAX_RECEIVED : maxMessages,
          leaseMs: brokerLeaseMs,
        });
        this.isFull.set(name, arrivals.length >= MAX_RECEIVED / 2);
        this.failure = undefined;
        const brokerLeaseEndsMs =
          this.dependencies.clock.monotonicMs() + Math.max(brokerLeaseMs, MIN_LEASE_MS) - LEASE_MARGIN_MS;
        const repeats: Delivery[] = [];
        for (const { message: wire, address } of arrivals) {
          const message = decodeMessage(wire);
          if (this.ended.has(message.messageId)) repeats.push({ ...message, address });
          else this.held.add({ message, address, isOrdered: wireTopic.isOrdered, brokerLeaseEndsMs });
        }
        await this.endAgain(repeats);
        return { isNews: true };
      });
    }
  }

  /** What was ended here and came again is ended again: its effect is there. */
  private async endAgain(repeats: readonly Delivery[]): Promise<void> {
    const { consumer, onEvent } = this.dependencies;
    for (const { messageId } of repeats) onEvent({ kind: 'repeat', group: consumer.group, messageId });
    if (repeats.length > 0) await consumer.ack(repeats, { forMs: CALL_FOR_MS });
  }

  /** Runs at most what its name allows; a failure is kept for the next lease, and waited out here. */
  private inBackground(name: string, work: () => Promise<{ readonly isNews: boolean }>): void {
    this.running.set(name, (this.running.get(name) ?? 0) + 1);
    const run = work()
      .then(({ isNews }) => {
        this.waits.delete(name);
        return isNews;
      })
      .catch(async (error: unknown) => {
        await this.waitAfter(name, asCallError(error));
        return true;
      })
      .then((isNews) => {
        this.running.set(name, (this.running.get(name) ?? 1) - 1);
        this.background.delete(run);
        if (isNews) this.wake();
      });
    this.background.add(run);
  }

  private async waitAfter(name: string, failure: CallError): Promise<void> {
    if (failure.code !== 'CLOSED') this.failure = failure;
    this.wake();
    const waitMs = Math.min(MAX_WAIT_MS, (this.waits.get(name) ?? FIRST_WAIT_MS / 2) * 2);
    this.waits.set(name, waitMs);
    await this.dependencies.clock.sleep(waitMs, this.dependencies.closing);
  }

  private throwIfRefused(isLast: boolean): void {
    const { failure } = this;
    const { topic, consumer } = this.dependencies;
    if (failure === undefined) return;
    const isMissing = failure.code === 'CONSUMER_GROUP_NOT_FOUND' || (failure.code === 'TOPIC_NOT_FOUND' && isLast);
    if (!isMissing && !isLast) return;
    this.failure = undefined;
    if (!isMissing) throw queueError(`read ${topic}`, failure);
    throw new DomainError(
      'NOT_FOUND',
      `Topic ${topic} has no consumer group ${consumer.group} in RocketMQ; create it first, by "fanfare rocketmq setup".`,
      { topic, group: consumer.group },
      { cause: failure },
    );
  }

  private async tellBroker<Result>(what: string, tell: (consumer: GroupConsumer) => Promise<Result>): Promise<Result> {
    try {
      return await tell(this.dependencies.consumer);
    } catch (error) {
      throw queueError(`${what} messages of ${this.dependencies.topic}`, error);
    }
  }

  private end(entry: HeldMessage): void {
    this.held.remove(entry);
    this.ended.add(entry.message.messageId);
    this.wake();
  }

  private async waitForChange(spanMs: number): Promise<void> {
    const over = new AbortController();
    const wake = (): void => over.abort();
    this.waiting.add(wake);
    try {
      await this.dependencies.clock.sleep(spanMs, over.signal);
    } finally {
      this.waiting.delete(wake);
    }
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
  }

  private toLeased(entry: HeldMessage): LeasedMessage {
    const { messageId, key, body, sentAt } = entry.message;
    return {
      messageId,
      topic: this.dependencies.topic,
      key,
      body,
      sentAt,
      attempt: attemptOf(entry),
      receipt: entry.receipt,
    };
  }
}

const asCallError = (error: unknown): CallError =>
  error instanceof CallError ? error : new CallError('UNEXPECTED', String(error), false, false, { cause: error });

const attemptOf = (entry: HeldMessage): number => entry.message.attempt + entry.tries - 1;

const toDelivery = ({ message, handle, address }: HeldMessage): Delivery => ({
  messageId: message.messageId,
  wireTopic: message.wireTopic,
  handle,
  address,
});
