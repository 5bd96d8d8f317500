/**
 * Hands the events of committed transactions to the queue that other systems read: at least once, in order per key, in
 * batches. It is a consumer group of the store's own queue, so any number of nodes may relay: a message is with one of
 * them at a time, and comes again when that one dies with it.
 *
 *   lease ─► send, durable ─► ack          send fails ─► given back, and tried again in a second, as long as it takes
 */
import { isDomainError } from '../core/errors.js';
import type { Clock } from '../core/ports/clock.js';
import type { LeasedMessage, OutboundMessage, Queue } from '../core/ports/queue.js';
import { RELAY_GROUP } from './relay-group.js';

/** The store's queue, as the relay reads it. */
export interface RelaySource extends Pick<Queue, 'lease' | 'ack' | 'retryLater'> {
  /** Creates a group that reads what is committed from now on; one that is there stays where it is. */
  joinFromNow(options: { readonly topic: string; readonly group: string }): Promise<void>;
}

/**
 * Has events kept for the broker from now on: every node that has one does so before it works, whoever relays. What is
 * in the store from before a broker was there is no news to those who read it.
 */
export async function joinRelay(from: RelaySource, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await from.joinFromNow({ topic, group: RELAY_GROUP });
}
const MAX_BATCH = 100;
const LEASE_MS = 30_000;
/** Later than that nothing is begun: another relay may have the messages when the lease is over, and send what follows. */
const SEND_WITHIN_MS = 0.6 * LEASE_MS;
const POLL_MS = 250;
const RETRY_MS = 1_000;
/** An event is not to blame for a broker that is away. */
const NEVER = Number.MAX_SAFE_INTEGER;

export interface RelayEvent {
  readonly kind: 'events.relayFailed';
  readonly topic: string;
  readonly error: unknown;
}

export interface RelayStats {
  /** Since the start. */
  readonly relayed: number;
  /** Age of the oldest event in the last look that was not relayed before; 0 when there was none. */
  readonly lagMs: number;
}

export interface EventRelayOptions {
  /** The store's queue. */
  readonly from: RelaySource;
  readonly to: Pick<Queue, 'send'>;
  readonly topics: readonly string[];
  /** What is sent for a message, the same where left out; undefined = nothing, it is done with. */
  readonly outbound?: (message: LeasedMessage) => OutboundMessage | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: RelayEvent) => void;
}

export class EventRelay {
  private readonly stopping = new AbortController();
  private readonly lagMs = new Map<string, number>();
  private relayed = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly options: EventRelayOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  stats(): RelayStats {
    return { relayed: this.relayed, lagMs: Math.max(0, ...this.lagMs.values()) };
  }

  /** Ends after the batch at hand. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Topics beside each other: one that the broker does not know holds up itself alone. */
  private async run(): Promise<void> {
    await Promise.all(this.options.topics.map((topic) => this.runTopic(topic)));
  }

  private async runTopic(topic: string): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (!(await this.relay(topic))) await this.options.clock.sleep(POLL_MS, signal);
    }
  }

  /** True when there may be more at once. */
  private async relay(topic: string): Promise<boolean> {
    const { clock, onEvent } = this.options;
    try {
      const endsMs = clock.monotonicMs() + SEND_WITHIN_MS;
      const messages = await this.lease(topic);
      this.noteLag(topic, messages);
      return messages.length > 0 && (await this.pass(topic, messages, endsMs));
    } catch (error) {
      onEvent({ kind: 'events.relayFailed', topic, error });
      return false;
    }
  }

  private async lease(topic: string): Promise<readonly LeasedMessage[]> {
    const { from } = this.options;
    try {
      return await from.lease({ topic, group: RELAY_GROUP, maxMessages: MAX_BATCH, leaseMs: LEASE_MS });
    } catch (error) {
      if (!isDomainError(error) || error.code !== 'NOT_FOUND') throw error;
      await joinRelay(from, [topic]); // somebody removed the group: on from here, not once more from the beginning
      return [];
    }
  }

  /** What goes to one topic waits for no other. */
  private async pass(topic: string, messages: readonly LeasedMessage[], endsMs: number): Promise<boolean> {
    const { outbound = asItIs } = this.options;
    const byTarget = new Map<string | undefined, LeasedMessage[]>();
    for (const message of messages) {
      const target = outbound(message)?.topic;
      byTarget.set(target, [...(byTarget.get(target) ?? []), message]);
    }
    const sent = await Promise.all([...byTarget.values()].map((group) => this.passGroup(topic, group, endsMs)));
    return sent.every(Boolean);
  }

  private async passGroup(topic: string, messages: readonly LeasedMessage[], endsMs: number): Promise<boolean> {
    const { from, to, clock, onEvent, outbound = asItIs } = this.options;
    const sent = messages.map(outbound).filter((message) => message !== undefined);
    try {
      if (sent.length > 0) await to.send(sent, { withinMs: endsMs - clock.monotonicMs() });
    } catch (error) {
      onEvent({ kind: 'events.relayFailed', topic, error });
      const later = { delayMs: RETRY_MS, maxAttempts: NEVER, reason: 'the queue could not be reached' };
      for (const message of messages) await from.retryLater(RELAY_GROUP, message, later);
      return false;
    }
    await from.ack(RELAY_GROUP, messages);
    this.relayed += sent.length;
    return true;
  }

  private noteLag(topic: string, messages: readonly LeasedMessage[]): void {
    const now = this.options.clock.now();
    this.lagMs.set(topic, Math.max(0, ...messages.map(({ sentAt }) => now - sentAt)));
  }
}

const asItIs = ({ topic, key, body }: LeasedMessage): OutboundMessage => ({ topic, key, body });
