/**
 * Hands the events of committed transactions to the queue that other systems read: at least once, in order per key, in
 * batches. It is a consumer group of the store's own queue, so any number of nodes may relay: a message is with one of
 * them at a time, and comes again when that one dies with it.
 *
 *   lease ─► send, durable ─► ack          send fails ─► given back, and tried again in a second, as long as it takes
 */
import type { Clock } from '../core/ports/clock.js';
import type { LeasedMessage, OutboundMessage, Queue } from '../core/ports/queue.js';

/** The group of the store's queue under which events are relayed. */
export const RELAY_GROUP = 'relay';
const MAX_BATCH = 100;
const LEASE_MS = 30_000;
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
  readonly from: Queue;
  readonly to: Pick<Queue, 'send'>;
  readonly topics: readonly string[];
  /** What is sent for a message, the same where left out; undefined = nothing, it is done with. */
  readonly outbound?: (message: LeasedMessage) => OutboundMessage | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: RelayEvent) => void;
}

export class EventRelay {
  private readonly stopping = new AbortController();
  private readonly ensured = new Set<string>();
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

  private async run(): Promise<void> {
    const { topics, clock } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let isIdle = true;
      for (const topic of topics) {
        if (!this.stopping.signal.aborted && (await this.relay(topic))) isIdle = false;
      }
      if (isIdle) await clock.sleep(POLL_MS, signal);
    }
  }

  /** True when there may be more at once. */
  private async relay(topic: string): Promise<boolean> {
    const { from, onEvent } = this.options;
    try {
      if (!this.ensured.has(topic)) {
        await from.ensureGroup({ topic, group: RELAY_GROUP });
        this.ensured.add(topic);
      }
      const options = { topic, group: RELAY_GROUP, maxMessages: MAX_BATCH, leaseMs: LEASE_MS };
      const messages = await from.lease(options);
      this.noteLag(topic, messages);
      return messages.length > 0 && (await this.pass(topic, messages));
    } catch (error) {
      onEvent({ kind: 'events.relayFailed', topic, error });
      return false;
    }
  }

  /** What goes to one topic waits for no other. */
  private async pass(topic: string, messages: readonly LeasedMessage[]): Promise<boolean> {
    const { outbound = asItIs } = this.options;
    const byTarget = new Map<string | undefined, LeasedMessage[]>();
    for (const message of messages) {
      const target = outbound(message)?.topic;
      byTarget.set(target, [...(byTarget.get(target) ?? []), message]);
    }
    let isAllSent = true;
    for (const group of byTarget.values()) isAllSent = (await this.passGroup(topic, group)) && isAllSent;
    return isAllSent;
  }

  private async passGroup(topic: string, messages: readonly LeasedMessage[]): Promise<boolean> {
    const { from, to, onEvent, outbound = asItIs } = this.options;
    const sent = messages.map(outbound).filter((message) => message !== undefined);
    try {
      if (sent.length > 0) await to.send(sent);
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
