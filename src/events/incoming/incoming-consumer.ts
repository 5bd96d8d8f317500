/**
 * Reads one topic of another system, as a member of a consumer group.
 *
 *   lease ─► map ─┬─ fits ─► effects, one transaction ─► ack
 *                 │             ├─ the store is away ─► given back, all of them; the loop waits, longer each time
 *                 │             └─ anything else ─► one by one; who fails alone is given back, and given up at last
 *                 └─ does not fit ─► dead letter, with the reason
 *
 * A crash between transaction and ack brings messages again: their effects are made to be had again. Nothing is acked
 * whose effect is not durable. At most `MAX_BATCH` messages are held at a time.
 */
import { isDomainError } from '../../core/errors.js';
import { describeFault } from '../../core/fault.js';
import type { Clock } from '../../core/ports/clock.js';
import type { LeasedMessage, Queue } from '../../core/ports/queue.js';
import type { Random } from '../../core/ports/random.js';
import { MINUTE_MS, SECOND_MS } from '../../core/time.js';
import { backOffMs } from '../../push/back-off.js';
import type { IncomingEvents, IncomingMessage, IncomingResult } from './incoming-events.js';
import type { IncomingTopic } from './incoming-config.js';
import type { IncomingTx } from './incoming-kinds.js';
import { misfitText } from './map-message.js';
import { quoteLargeNumbers } from './whole-numbers.js';

/** Messages leased at once. */
export const MAX_BATCH = 100;
const LEASE_MS = 30 * SECOND_MS;
/** Between two looks at an empty topic; a queue that waits by itself in `lease` is asked again at once. */
const POLL_MS = SECOND_MS;
const RETRY = { firstDelayMs: SECOND_MS, maxDelayMs: 5 * MINUTE_MS };
/** Deliveries of a message that fails by itself, before it is given up: about 20 minutes. */
export const MAX_DELIVERIES = 10;
/** Of those, failures that this process has seen itself: a delivery also ends when the store is away, which says nothing of it. */
const MIN_OWN_FAILURES = 3;
const MAX_REMEMBERED = 10_000;
/** A message is not to blame for a store that is away: it comes again as long as the queue lets it. */
const NEVER = Number.MAX_SAFE_INTEGER;

export type IncomingEvent =
  | {
      readonly kind: 'events.failed';
      readonly topic: string;
      /** The message that fails by itself; undefined where queue or store are away. */
      readonly messageId: string | undefined;
      readonly retryInMs: number;
      readonly error: unknown;
    }
  | {
      readonly kind: 'events.deadLettered';
      readonly topic: string;
      readonly group: string;
      readonly messageId: string;
      /** Names pointers and kinds of values, never a value. */
      readonly reason: string;
    };

export interface IncomingConsumerOptions<Tx extends IncomingTx> {
  readonly queue: Queue;
  readonly incoming: IncomingEvents<Tx>;
  readonly topic: IncomingTopic & { readonly group: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: (event: IncomingEvent) => void;
}

/** A consumer for each topic that a queue is read for; they are still to be started. */
export function consumersOf<Tx extends IncomingTx>(
  options: Omit<IncomingConsumerOptions<Tx>, 'topic'>,
): readonly IncomingConsumer<Tx>[] {
  return [...options.incoming.topics.values()].flatMap((topic) => {
    const { group } = topic;
    return group === undefined ? [] : [new IncomingConsumer({ ...options, topic: { ...topic, group } })];
  });
}

export class IncomingConsumer<Tx extends IncomingTx> {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** Of the queue or the store, since the last batch that was handled. */
  private failures = 0;
  /** Messages that failed here by themselves, how often: deliveries that ended because the store was away are not theirs. */
  private readonly ownFailures = new Map<string, number>();

  constructor(private readonly options: IncomingConsumerOptions<Tx>) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Ends after the batch at hand. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    const { queue, topic, clock } = this.options;
    let hasGroup = false;
    while (!this.isStopping) {
      const startedMs = clock.monotonicMs();
      let waitMs: number;
      try {
        if (!hasGroup) await queue.ensureGroup(topic);
        hasGroup = true;
        const messages = await queue.lease({ ...topic, maxMessages: MAX_BATCH, leaseMs: LEASE_MS });
        if (messages.length > 0) {
          await this.handle(messages);
          this.failures = 0;
        }
        waitMs = messages.length > 0 ? 0 : Math.max(0, POLL_MS - (clock.monotonicMs() - startedMs));
      } catch (error) {
        waitMs = this.noteFailure(error);
      }
      await clock.sleep(waitMs, this.stopping.signal);
    }
  }

  /** @throws what queue and store throw while they are away; messages that could not be given back come by themselves. */
  private async handle(leased: readonly LeasedMessage[]): Promise<void> {
    const messages = leased.map((message): Received => ({
      message,
      content: contentOf(message.body),
      sentAt: message.sentAt,
    }));
    try {
      await this.takeAndAck(messages);
    } catch (error) {
      if (isPassing(error)) await this.giveBack(messages, error);
      else for (const one of messages) await this.handleAlone(one);
    }
  }

  private async handleAlone(one: Received): Promise<void> {
    try {
      await this.takeAndAck([one]);
    } catch (error) {
      if (isPassing(error)) await this.giveBack([one], error);
      else await this.postpone(one.message, error);
    }
  }

  /** Effects first, then the acknowledgement. */
  private async takeAndAck(messages: readonly Received[]): Promise<void> {
    const { queue, incoming, topic } = this.options;
    const results = await incoming.take(topic, messages);
    const done = messages.filter((_, index) => results[index]?.outcome !== 'misfit');
    if (done.length > 0) {
      await queue.ack(
        topic.group,
        done.map(({ message }) => message),
      );
    }
    for (const [index, result] of results.entries()) await this.buryMisfit(messages[index], result);
  }

  private async buryMisfit(received: Received | undefined, result: IncomingResult): Promise<void> {
    if (received === undefined || result.outcome !== 'misfit') return;
    await this.bury(received.message, misfitText(result));
  }

  /** What is not the messages' fault: all of them come again later. @throws the error, so that the loop waits. */
  private async giveBack(messages: readonly Received[], error: unknown): Promise<never> {
    for (const { message } of messages) {
      await this.retryLater(message, { maxAttempts: NEVER, reason: reasonOf(error) });
    }
    throw error;
  }

  /** A message that fails alone comes again some times, then it is given up. */
  private async postpone(message: LeasedMessage, error: unknown): Promise<void> {
    const ownFailures = this.failedAgain(message);
    if (message.attempt >= MAX_DELIVERIES && ownFailures >= MIN_OWN_FAILURES) {
      this.ownFailures.delete(message.messageId);
      await this.bury(message, `Given up after ${message.attempt} deliveries: ${reasonOf(error)}.`);
      this.options.incoming.count(this.options.topic.topic, 'givenUp', 1);
      return;
    }
    const retryInMs = await this.retryLater(message, { maxAttempts: NEVER, reason: reasonOf(error) });
    const { messageId, topic } = message;
    this.options.onEvent({ kind: 'events.failed', topic, messageId, retryInMs, error });
  }

  /** How often it has failed here. A message that goes elsewhere meanwhile is forgotten when there are too many. */
  private failedAgain({ messageId }: LeasedMessage): number {
    const count = (this.ownFailures.get(messageId) ?? 0) + 1;
    this.ownFailures.delete(messageId);
    this.ownFailures.set(messageId, count); // the newest last
    if (this.ownFailures.size > MAX_REMEMBERED) this.ownFailures.delete(this.ownFailures.keys().next().value ?? '');
    return count;
  }

  private async bury(message: LeasedMessage, reason: string): Promise<void> {
    const { queue, topic, onEvent } = this.options;
    await queue.retryLater(topic.group, message, { delayMs: 0, maxAttempts: 1, reason });
    onEvent({
      kind: 'events.deadLettered',
      topic: topic.topic,
      group: topic.group,
      messageId: message.messageId,
      reason,
    });
  }

  private async retryLater(
    message: LeasedMessage,
    options: { readonly maxAttempts: number; readonly reason: string },
  ): Promise<number> {
    const { queue, topic, random } = this.options;
    const delayMs = backOffMs(message.attempt, RETRY, random);
    await queue.retryLater(topic.group, message, { delayMs, ...options });
    return delayMs;
  }

  /** Answers how long to wait. */
  private noteFailure(error: unknown): number {
    const { topic, random, onEvent } = this.options;
    const retryInMs = backOffMs(++this.failures, { ...RETRY, maxDelayMs: MINUTE_MS }, random);
    if (!this.isStopping)
      onEvent({ kind: 'events.failed', topic: topic.topic, messageId: undefined, retryInMs, error });
    return retryInMs;
  }
}

interface Received extends IncomingMessage {
  readonly message: LeasedMessage;
}

function contentOf(body: string): unknown {
  try {
    return JSON.parse(quoteLargeNumbers(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** True for what goes by without the message being changed. */
const isPassing = (error: unknown): boolean => isDomainError(error) && error.isRetryable;

/** Of an error its code or name: its text can hold what was being worked on. */
const reasonOf = (error: unknown): string => (isDomainError(error) ? error.code : describeFault(error).errorName);
