import { assertOk, CallError } from './call-error.js';
import { PROTOCOL_VERSION } from './caller.js';
import { GroupSession } from './group-session.js';
import { persist, type PersistDeps } from './persist.js';
import { addressOf, endpointsOf, spanOf, type MessageQueueRoute, type Settings, type WireMessage } from './protocol.js';
import type { Caller, Poll, ProxyChannel } from './proxy-channel.js';

/** The most that one acknowledgement carries. */
export const MAX_ACKS = 32;
/** The most that one poll brings. */
export const MAX_RECEIVED = 32;
/** The shortest lease that the broker gives at delivery; changed later, it may be shorter. */
export const MIN_LEASE_MS = 10_000;
/** The shortest that the server takes: what lapses while nothing is sent is seen when a poll ends. */
const POLL_MS = 5_000;

export interface Delivery {
  readonly messageId: string;
  readonly wireTopic: string;
  readonly handle: string;
  /** The proxy that brought it. */
  readonly address: string;
}

/** What a poll reads: the queues of one broker. */
export interface Source {
  readonly broker: string;
  readonly topic: string;
  readonly addresses: readonly string[];
}

interface ConsumerDeps extends PersistDeps {
  readonly group: string;
  readonly caller: Caller;
  readonly requestTimeoutMs: number;
  readonly route: (topic: string, forMs: number) => Promise<readonly MessageQueueRoute[]>;
  readonly forgetRoute: (topic: string) => void;
  readonly closing: AbortSignal;
}

/** A consumer group as this process takes part in it: polls, acknowledgements, leases. */
export class GroupConsumer {
  private readonly sessions = new Map<string, GroupSession>();
  private readonly topics = new Set<string>();
  private readonly polls = new Set<Poll>();

  constructor(private readonly dependencies: ConsumerDeps) {}

  get group(): string {
    return this.dependencies.group;
  }

  /** The brokers that hold a topic: each is polled on its own, so that an empty one does not hide another's backlog. */
  async sources(topic: string, { forMs }: { readonly forMs: number }): Promise<readonly Source[]> {
    this.subscribe(topic);
    const queues = await this.dependencies.route(topic, forMs);
    const byBroker = new Map<string, Source>();
    for (const { broker, permission } of queues) {
      if (permission === 'WRITE' || permission === 'NONE' || byBroker.has(broker.name)) continue;
      const addresses = (broker.endpoints?.addresses ?? []).map(addressOf);
      byBroker.set(broker.name, { broker: broker.name, topic, addresses });
    }
    return [...byBroker.values()];
  }

  /**
   * One long poll of up to 5 s for up to 32 messages, leased for `leaseMs` (at least 10 s), over the first proxy that
   * lets us in. Messages come with the proxy that brought them.
   * @throws CallError; there is no second try here: the caller polls again.
   */
  async poll(
    source: Source,
    { maxMessages, leaseMs }: { readonly maxMessages: number; readonly leaseMs: number },
  ): Promise<readonly { readonly message: WireMessage; readonly address: string }[]> {
    const { pool, group, caller, closing } = this.dependencies;
    const options = { method: 'Telemetry', forMs: 0, first: source.addresses, signal: closing };
    const channel = await persist(this.dependencies, options, async (candidate) => {
      await this.session(candidate).ready();
      return candidate;
    });
    if (closing.aborted) return [];
    const poll = channel.receive(
      {
        group: { name: group },
        messageQueue: {
          topic: { name: source.topic },
          id: -1,
          permission: 'READ_WRITE',
          broker: { name: source.broker, endpoints: endpointsOf(channel.address) },
        },
        filterExpression: { type: 'TAG', expression: '*' },
        batchSize: Math.min(maxMessages, MAX_RECEIVED),
        invisibleDuration: spanOf(Math.max(leaseMs, MIN_LEASE_MS)),
        autoRenew: false,
        longPollingTimeout: spanOf(POLL_MS),
      },
      { caller, pollMs: POLL_MS },
    );
    this.polls.add(poll);
    try {
      const messages = await poll.messages;
      pool.noteAnswer(channel.address);
      return messages.map((message) => ({ message, address: channel.address }));
    } catch (error) {
      this.dependencies.forgetRoute(source.topic);
      throw error;
    } finally {
      this.polls.delete(poll);
    }
  }

  /**
   * Ends deliveries of one wire topic, up to 32 a request; answers for each whether the broker still knew it as ours.
   * Repeating it is harmless. @throws CallError when a request found no answer within `forMs`.
   */
  async ack(deliveries: readonly Delivery[], { forMs }: { readonly forMs: number }): Promise<readonly boolean[]> {
    const parts: Promise<readonly boolean[]>[] = [];
    for (let start = 0; start < deliveries.length; start += MAX_ACKS) {
      parts.push(this.ackPart(deliveries.slice(start, start + MAX_ACKS), forMs));
    }
    return (await Promise.all(parts)).flat();
  }

  /**
   * Lets a delivery's lease end `leaseMs` from now; answers its new handle, or undefined when the delivery is no longer
   * ours. @throws CallError when there is no answer within `forMs`.
   */
  async changeLease(
    { messageId, wireTopic, handle, address }: Delivery,
    { leaseMs, forMs }: { readonly leaseMs: number; readonly forMs: number },
  ): Promise<string | undefined> {
    const request = {
      group: { name: this.group },
      topic: { name: wireTopic },
      receiptHandle: handle,
      messageId,
      invisibleDuration: spanOf(leaseMs),
    };
    try {
      return await this.persist('ChangeInvisibleDuration', forMs, [address], async (channel, options) => {
        const answer = await channel.call('ChangeInvisibleDuration', request, options);
        assertOk(answer.status);
        return answer.receiptHandle ?? handle;
      });
    } catch (error) {
      if (error instanceof CallError && error.code === 'INVALID_RECEIPT_HANDLE') return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const poll of this.polls) poll.cancel();
    await Promise.all([...this.sessions.values()].map((session) => session.close()));
    this.sessions.clear();
  }

  private async ackPart(deliveries: readonly Delivery[], forMs: number): Promise<readonly boolean[]> {
    const [first] = deliveries;
    if (first === undefined) return [];
    const request = {
      group: { name: this.group },
      topic: { name: first.wireTopic },
      entries: deliveries.map(({ messageId, handle }) => ({ messageId, receiptHandle: handle })),
    };
    const addresses = [...new Set(deliveries.map(({ address }) => address))];
    const answer = await this.persist('AckMessage', forMs, addresses, async (channel, options) => {
      const { status, entries = [] } = await channel.call('AckMessage', request, options);
      const isPartial = status.code === 'MULTIPLE_RESULTS' || status.code === 'INVALID_RECEIPT_HANDLE';
      if (!isPartial) assertOk(status);
      return { isOk: status.code === 'OK', entries };
    });
    const byId = new Map(answer.entries.map((entry) => [entry.receiptHandle, entry.status.code]));
    return deliveries.map(({ handle }) => (byId.get(handle) ?? (answer.isOk ? 'OK' : '')) === 'OK');
  }

  private subscribe(topic: string): void {
    if (this.topics.has(topic)) return;
    this.topics.add(topic);
    for (const session of this.sessions.values()) session.update();
  }

  private session(channel: ProxyChannel): GroupSession {
    const known = this.sessions.get(channel.address);
    if (known !== undefined) return known;
    const { clock, onEvent, caller, group } = this.dependencies;
    const settings = (): Settings => this.settingsFor(channel.address);
    const made = new GroupSession({ clock, onEvent, channel, caller, group, settings });
    this.sessions.set(channel.address, made);
    return made;
  }

  private settingsFor(address: string): Settings {
    const subscriptions = [...this.topics].map((name) => ({
      topic: { name },
      expression: { type: 'TAG', expression: '*' } as const,
    }));
    return {
      clientType: 'SIMPLE_CONSUMER',
      accessPoint: endpointsOf(address),
      requestTimeout: spanOf(this.dependencies.requestTimeoutMs),
      subscription: { group: { name: this.group }, subscriptions, longPollingTimeout: spanOf(POLL_MS) },
      userAgent: { language: 'NODE_JS', version: PROTOCOL_VERSION },
    };
  }

  private persist<Result>(
    method: string,
    forMs: number,
    first: readonly string[],
    attempt: (
      channel: ProxyChannel,
      options: { readonly caller: Caller; readonly timeoutMs: number },
    ) => Promise<Result>,
  ): Promise<Result> {
    const { caller, requestTimeoutMs, closing } = this.dependencies;
    return persist(this.dependencies, { method, forMs, first, signal: closing }, (channel) =>
      attempt(channel, { caller, timeoutMs: requestTimeoutMs }),
    );
  }
}
