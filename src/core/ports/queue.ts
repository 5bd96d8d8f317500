import type { EpochMs } from '../time.js';

/** A message as its sender gives it. Bodies hold ids, never personal data. */
export interface OutboundMessage {
  readonly topic: string;
  /**
   * Messages of one key reach a group in the order of sending, one at a time: the next is given once the one before is
   * acked or dead. Those with `deliverAt` stand outside this order. At most 255 characters.
   */
  readonly key: string;
  /** JSON text; at most 4 MiB of UTF-8. */
  readonly body: string;
  /** Not delivered before this instant. */
  readonly deliverAt?: EpochMs | undefined;
}

export interface LeasedMessage {
  readonly messageId: string;
  readonly topic: string;
  readonly key: string;
  readonly body: string;
  readonly sentAt: EpochMs;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Names this delivery; an older receipt of the same message is refused. */
  readonly receipt: string;
}

/** What names a delivery when it is ended. */
export type DeliveryReceipt = Pick<LeasedMessage, 'topic' | 'messageId' | 'receipt'>;

export interface LeaseOptions {
  readonly topic: string;
  readonly group: string;
  readonly maxMessages: number;
  readonly leaseMs: number;
}

/**
 * Topics read by consumer groups; each group gets every message at least once, whatever other groups do.
 * A message that is neither acked nor retried comes again after its lease. Safe to use from many consumers.
 */
export interface Queue {
  /** Creates what does not exist; a new group reads a topic from its beginning. Safe to repeat. */
  ensureGroup(options: { readonly topic: string; readonly group: string }): Promise<void>;
  /**
   * Resolves once durable, in the order given. A queue on servers elsewhere begins nothing after `withinMs`, nor after
   * its own time-out.
   */
  send(messages: readonly OutboundMessage[], options?: { readonly withinMs?: number }): Promise<void>;
  /**
   * Up to `maxMessages` that are due; empty when none is.
   * @throws DomainError `NOT_FOUND` for a group that was not created.
   */
  lease(options: LeaseOptions): Promise<readonly LeasedMessage[]>;
  /** Ends deliveries; answers per message whether the receipt still held. */
  ack(group: string, messages: readonly DeliveryReceipt[]): Promise<readonly boolean[]>;
  /** Gives a message back for `delayMs`; after `maxAttempts` deliveries it becomes a dead letter with the reason. */
  retryLater(
    group: string,
    message: DeliveryReceipt,
    options: { readonly delayMs: number; readonly maxAttempts: number; readonly reason: string },
  ): Promise<void>;
  /** Dead letters of a group, oldest first, after `afterMessageId`. */
  deadLetters(
    group: string,
    options: { readonly limit: number; readonly afterMessageId?: string },
  ): Promise<readonly DeadLetter[]>;
}

export interface DeadLetter {
  readonly messageId: string;
  readonly topic: string;
  readonly key: string;
  readonly body: string;
  readonly reason: string;
  readonly attempts: number;
}
