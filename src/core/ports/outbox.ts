import type { Topic } from '../topics.js';

/** An event of a use case. `body` holds ids and instants, never personal data; instants as RFC 3339. */
export interface OutboxEvent {
  readonly topic: Topic;
  /** Events of one key reach each consumer group in the order of their commits. */
  readonly key: string;
  readonly body: Readonly<Record<string, string | number | boolean | null>>;
}

/** Events that leave with the transaction they are part of: readers see them once it has committed, or never. */
export interface Outbox {
  append(event: OutboxEvent): Promise<void>;
  /** Many in their order, in one go where the store can. */
  appendAll(events: readonly OutboxEvent[]): Promise<void>;
}

/** What a use case that announces something needs of its transaction. */
export interface OutboxTx {
  readonly outbox: Outbox;
}
