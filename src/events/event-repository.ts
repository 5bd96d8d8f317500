import type { DeadLetter, DeliveryReceipt, LeasedMessage, LeaseOptions, OutboundMessage } from '../core/ports/queue.js';
import type { EpochMs } from '../core/time.js';

/** What the embedded queue and its upkeep need of a transaction. */
export interface EventTx {
  readonly events: EventRepository;
}

export interface GroupStatus {
  readonly topic: string;
  readonly group: string;
  /** Messages not yet given to the group, counted up to `BACKLOG_COUNT_LIMIT`. */
  readonly backlog: number;
  /** Messages given to it, waiting for their time or for an earlier one of their key. */
  readonly outstanding: number;
  readonly deadLetters: number;
  /** When the oldest message that the group has not been given was sent. */
  readonly oldestBacklogAt: EpochMs | undefined;
}

/** Counting stops here, so that a look at the backlog never takes long. */
export const BACKLOG_COUNT_LIMIT = 100_000;

export interface EventRepository {
  append(messages: readonly OutboundMessage[], now: EpochMs): Promise<void>;
  ensureGroup(options: { readonly topic: string; readonly group: string; readonly now: EpochMs }): Promise<void>;
  /** As `ensureGroup`, but a new group reads what is committed from now on. */
  joinFromNow(options: { readonly topic: string; readonly group: string; readonly now: EpochMs }): Promise<void>;
  /** False when there was no such group. */
  removeGroup(options: { readonly topic: string; readonly group: string }): Promise<boolean>;
  /** Undefined when the group does not exist. */
  lease(options: LeaseOptions, now: EpochMs): Promise<readonly LeasedMessage[] | undefined>;
  /** False when the receipt no longer holds. */
  ack(group: string, message: DeliveryReceipt): Promise<boolean>;
  /** False when the receipt no longer holds. */
  retryLater(
    group: string,
    message: DeliveryReceipt,
    options: { readonly dueAt: EpochMs; readonly maxAttempts: number; readonly reason: string; readonly now: EpochMs },
  ): Promise<'retry' | 'deadLetter' | 'receiptLost'>;
  deadLetters(
    group: string,
    options: { readonly limit: number; readonly afterPosition: number },
  ): Promise<readonly DeadLetter[]>;
  groups(): Promise<readonly GroupStatus[]>;
  topics(): Promise<readonly string[]>;

  /** Notes how far every reader of the topic has got by now. */
  noteWatermark(topic: string, now: EpochMs): Promise<void>;
  /** Deletes at most `limit` events that every reader had done with before `readBefore`; answers how many. */
  purge(topic: string, readBefore: EpochMs, limit: number): Promise<number>;
}
