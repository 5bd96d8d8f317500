import { hostname } from 'node:os';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import { assertOk, statusError } from './call-error.js';
import { createCaller } from './caller.js';
import { GroupConsumer } from './group-consumer.js';
import { persist, type PersistDeps } from './persist.js';
import { endpointsOf, type MessageQueueRoute, type WireMessage } from './protocol.js';
import type { Caller } from './proxy-channel.js';
import { ProxyPool } from './proxy-pool.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';
import { RouteCache } from './route-cache.js';

export interface RocketmqClientOptions {
  /** Proxies as `host:port`; each is tried when another fails. */
  readonly endpoints: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent?: OnRocketmqEvent;
  /** For one call to one proxy. */
  readonly requestTimeoutMs: number;
}

/**
 * The protocol for people who send and receive: several proxies, a route cache, sessions of groups that heal by
 * themselves. Connects with the first call. A result other than OK counts as not sent.
 */
export class RocketmqClient {
  private readonly dependencies: PersistDeps;
  private readonly caller: Caller;
  private readonly routes: RouteCache;
  private readonly consumers = new Map<string, GroupConsumer>();
  private readonly closing = new AbortController();

  constructor(private readonly options: RocketmqClientOptions) {
    const { clock, random, onEvent = () => {}, endpoints } = options;
    const firstIndex = Math.floor(random.next() * endpoints.length);
    const pool = new ProxyPool(endpoints, { clock, onEvent }, firstIndex);
    this.dependencies = { clock, random, onEvent, pool };
    this.caller = createCaller(this.clientId('send'), clock.now());
    this.routes = new RouteCache(clock, (topic, forMs) => this.askRoute(topic, forMs));
  }

  /**
   * Sends messages of one topic (and one message group, where they have any) in one request: all or none. Where an
   * answer is lost the same messages go again under the same ids; a consumer may then get them twice.
   * @throws CallError the refusal, or what failed last within `forMs`; `isSure`: none was taken.
   */
  async send(messages: readonly WireMessage[], { forMs }: { readonly forMs: number }): Promise<void> {
    await this.persist('SendMessage', forMs, async (channel) => {
      const answer = await channel.call('SendMessage', { messages }, this.callOptions());
      assertOk(answer.status);
      for (const entry of answer.entries ?? []) assertOk(entry.status);
    });
  }

  /** Queues of a topic, by cache. @throws CallError `TOPIC_NOT_FOUND`, or what failed within `forMs`. */
  async route(topic: string, { forMs }: { readonly forMs: number }): Promise<readonly MessageQueueRoute[]> {
    return this.routes.get(topic, forMs);
  }

  forgetRoute(topic: string): void {
    this.routes.forget(topic);
  }

  /** Who reads in `group`; one per group and client. */
  consumer(group: string): GroupConsumer {
    const known = this.consumers.get(group);
    if (known !== undefined) return known;
    const { clock } = this.dependencies;
    const made = new GroupConsumer({
      ...this.dependencies,
      group,
      caller: createCaller(this.clientId(group), clock.now()),
      requestTimeoutMs: this.options.requestTimeoutMs,
      route: (topic, forMs) => this.routes.get(topic, forMs),
      forgetRoute: (topic) => this.routes.forget(topic),
      closing: this.closing.signal,
    });
    this.consumers.set(group, made);
    return made;
  }

  /** Ends polls, sessions and connections; leaves no timer. Safe to repeat. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.close()));
    this.dependencies.pool.close();
  }

  private async askRoute(topic: string, forMs: number): Promise<readonly MessageQueueRoute[]> {
    return this.persist('QueryRoute', forMs, async (channel) => {
      const request = { topic: { name: topic }, endpoints: endpointsOf(channel.address) };
      const { status, messageQueues = [] } = await channel.call('QueryRoute', request, this.callOptions());
      assertOk(status);
      if (messageQueues.length === 0) throw statusError({ code: 'TOPIC_NOT_FOUND', message: `no queue of ${topic}` });
      return messageQueues;
    });
  }

  private persist<Result>(
    method: string,
    forMs: number,
    attempt: Parameters<typeof persist<Result>>[2],
  ): Promise<Result> {
    return persist(this.dependencies, { method, forMs, signal: this.closing.signal }, attempt);
  }

  private callOptions(): { readonly caller: Caller; readonly timeoutMs: number } {
    return { caller: this.caller, timeoutMs: this.options.requestTimeoutMs };
  }

  private clientId(role: string): string {
    return `${hostname()}@${process.pid}@${role}@${Buffer.from(this.options.random.bytes(6)).toString('hex')}`;
  }
}
