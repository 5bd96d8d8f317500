/**
 * The one connection of a node to Redis. Redis is a help and never the truth, so nothing here rejects: what cannot be
 * asked, or is not answered in time, is undefined, and whoever asked goes on without. Reconnects by itself, with jitter.
 */
import { createClient } from '@redis/client';
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';

/** A Lua script with the digest that the server knows it by. All keys of one call lie in one slot. */
export interface RedisScript {
  readonly text: string;
  readonly digest: string;
}

export const redisScript = (text: string): RedisScript => ({
  text,
  digest: createHash('sha1').update(text).digest('hex'), // the digest is Redis's name for a script, no secret
});

export interface RedisStats {
  readonly isConnected: boolean;
  /** Since the start, as the next. */
  readonly calls: number;
  /** Calls without an answer: refused, late, or the connection was lost. */
  readonly unanswered: number;
  readonly reconnects: number;
  readonly lastCallMs: number;
}

export type RedisEvent = { readonly kind: 'redis.away'; readonly error: unknown } | { readonly kind: 'redis.back' };

export interface RedisConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: (event: RedisEvent) => void;
  /** Told of each call, when it was answered or given up. */
  readonly onCall?: ((call: { readonly durationMs: number; readonly isAnswered: boolean }) => void) | undefined;
}

const CONNECT_MS = 2_000;
/** A call that takes longer is given up; what it did stays done. */
const CALL_MS = 500;
const FIRST_RECONNECT_MS = 50;
const MAX_RECONNECT_MS = 1_000;

export class RedisConnection {
  private readonly client;
  private readonly count = { calls: 0, unanswered: 0, reconnects: 0, lastCallMs: 0 };
  private readonly known = new Set<string>();
  private isAway = false;
  private isClosed = false;
  private connecting: Promise<unknown> | undefined;

  constructor(private readonly options: RedisConnectionOptions) {
    const { url, random, onEvent } = options;
    this.client = createClient({
      url,
      disableOfflineQueue: true, // what is asked while nobody answers is not worth asking later
      maintNotifications: 'disabled',
      socket: {
        connectTimeout: CONNECT_MS,
        reconnectStrategy: (retries) => {
          this.count.reconnects++;
          const waitMs = Math.min(MAX_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(retries, 10));
          return Math.round(waitMs * (0.5 + random.next() / 2));
        },
      },
    });
    this.client.on('error', (error: unknown) => {
      if (this.isAway || this.isClosed) return;
      this.isAway = true;
      onEvent({ kind: 'redis.away', error });
    });
    this.client.on('ready', () => {
      this.known.clear();
      if (this.isAway) onEvent({ kind: 'redis.back' });
      this.isAway = false;
    });
  }

  /** Begins to connect and waits for it, up to 2 s; answers whether Redis is there. It goes on trying when it is not. */
  async open(): Promise<boolean> {
    this.connecting ??= this.client.connect().catch(() => undefined); // closed before it came about; told of as an event
    await this.within(this.connecting, CONNECT_MS);
    return this.isConnected;
  }

  /** False while a call would surely not be answered. */
  get isConnected(): boolean {
    return this.client.isReady;
  }

  stats(): RedisStats {
    return { ...this.count, isConnected: this.isConnected };
  }

  /** Runs a script; undefined when there is no answer in time. All values are given and come back as strings or integers. */
  async run(
    script: RedisScript,
    { keys, values }: { readonly keys: readonly string[]; readonly values: readonly (string | number)[] },
  ): Promise<unknown> {
    if (!this.isConnected) return undefined;
    const startedMs = this.options.clock.monotonicMs();
    this.count.calls++;
    const options = { keys: [...keys], arguments: values.map(String) };
    // The first call carries the text, so that a script takes effect in the order of the calls.
    const call = this.known.has(script.digest)
      ? this.client.evalSha(script.digest, options).catch((error: unknown) => {
          if (!isUnknownScript(error)) throw error;
          return this.client.eval(script.text, options);
        })
      : this.client.eval(script.text, options);
    this.known.add(script.digest);
    const answer = await this.within(
      call.catch(() => undefined),
      CALL_MS,
    );
    this.count.lastCallMs = this.options.clock.monotonicMs() - startedMs;
    const isAnswered = answer !== undefined;
    if (!isAnswered) this.count.unanswered++;
    this.options.onCall?.({ durationMs: this.count.lastCallMs, isAnswered });
    return answer ?? undefined;
  }

  /** Ends the connection. Safe to call twice. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.client.destroy();
    await this.connecting;
  }

  private async within<Answer>(call: Promise<Answer>, waitMs: number): Promise<Answer | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        resolve(undefined);
      }, waitMs);
    });
    try {
      return await Promise.race([call, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** After a restart the server knows no script. */
const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');
