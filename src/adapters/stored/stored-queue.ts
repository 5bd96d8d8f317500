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
import type { Store } from '../../core/ports/store.js';
import { addMs } from '../../core/time.js';
import type { EventTx } from '../../events/event-repository.js';
import { checkMessage } from '../../events/check-message.js';

/** A queue over a store's own events: the same database, the same commits. Leases end by the store's clock. */
export class StoredQueue implements Queue {
  private readonly store: Store<EventTx>;
  private readonly clock: Clock;

  constructor(dependencies: { readonly store: Store<EventTx>; readonly clock: Clock }) {
    this.store = dependencies.store;
    this.clock = dependencies.clock;
  }

  async ensureGroup(options: { readonly topic: string; readonly group: string }): Promise<void> {
    await this.store.transaction((tx) => tx.events.ensureGroup({ ...options, now: this.clock.now() }));
  }

  /** Creates a group that reads what is committed from now on; one that is there stays where it is. */
  async joinFromNow(options: { readonly topic: string; readonly group: string }): Promise<void> {
    await this.store.transaction((tx) => tx.events.joinFromNow({ ...options, now: this.clock.now() }));
  }

  async send(messages: readonly OutboundMessage[]): Promise<void> {
    for (const message of messages) checkMessage(message);
    await this.store.transaction((tx) => tx.events.append(messages, this.clock.now()));
  }

  async lease(options: LeaseOptions): Promise<readonly LeasedMessage[]> {
    const messages = await this.store.transaction((tx) => tx.events.lease(options, this.clock.now()));
    if (messages !== undefined) return messages;
    throw new DomainError(
      'NOT_FOUND',
      `Topic ${options.topic} has no consumer group ${options.group}; create it first.`,
      {
        topic: options.topic,
        group: options.group,
      },
    );
  }

  async ack(group: string, messages: readonly DeliveryReceipt[]): Promise<readonly boolean[]> {
    return this.store.transaction(async (tx) => {
      const answers: boolean[] = [];
      for (const message of messages) answers.push(await tx.events.ack(group, message));
      return answers;
    });
  }

  async retryLater(
    group: string,
    message: DeliveryReceipt,
    options: { readonly delayMs: number; readonly maxAttempts: number; readonly reason: string },
  ): Promise<void> {
    const { maxAttempts, reason } = options;
    const now = this.clock.now();
    await this.store.transaction((tx) =>
      tx.events.retryLater(group, message, { dueAt: addMs(now, options.delayMs), maxAttempts, reason, now }),
    );
  }

  async deadLetters(
    group: string,
    options: { readonly limit: number; readonly afterMessageId?: string },
  ): Promise<readonly DeadLetter[]> {
    const afterPosition = Number(options.afterMessageId ?? 0);
    return this.store.read((tx) => tx.events.deadLetters(group, { limit: options.limit, afterPosition }));
  }
}
