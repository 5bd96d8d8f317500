/**
 * Pace shared by all nodes through Redis. A taking that is not covered by what this node holds asks Redis for a slice,
 * by one script, and is told to come again in a millisecond; the slice is used by then, or given back within 50 ms.
 *
 *   tryTake ─covered by the slice at hand─► 0
 *           ─else─► one question to Redis ─granted─► the slice at hand;  ─refused─► wait, as Redis says
 *
 * What Redis holds is remembered here as well, for as long as it matters, so that emptying it grants nothing twice.
 * While it is away the fallback decides. Cost: one round trip per chunk, or per 10 ms where chunks are smaller.
 */
import type { Clock } from '../../core/ports/clock.js';
import type { Pacer, PaceLimit, Reservation } from '../../core/ports/pacer.js';
import type { Random } from '../../core/ports/random.js';
import { FORGET_PACE, GIVE_PACE_BACK, TAKE_PACE, TOLERANCE_MS } from './pace-scripts.js';
import type { RedisConnection } from './redis-connection.js';

/** For so long a schedule is known to have been there; Redis keeps it for a minute. */
const KNOWN_MS = 30_000;
/** A slice covers so much of the strictest limit, or one taking where that is more. */
const SLICE_MS = 10;
/** What of a slice is not used by then goes back. */
const SLICE_LIFE_MS = 25;
const POLL_MS = 1;
/** Who was refused comes again a little later than it might, by chance: else the node nearest to Redis had all of it. */
const MAX_JITTER_MS = 10;
/** After a question without an answer Redis is left alone for so long. */
const AWAY_MS = 500;
const MAX_MULTIPLE = 1_000;
const UNITS = ['members', 'requests'] as const;

export interface RedisPacerDeps {
  readonly redis: Pick<RedisConnection, 'run' | 'isConnected'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Stands before every key. */
  readonly prefix: string;
  /** The part of every limit that nodes with Redis have together: 1, or less while some of them are cut off from it. */
  readonly sharedPart: () => number;
  /** Decides while Redis is away; knows the same limits. */
  readonly fallback: Pacer;
  /** Redis's time in milliseconds; its own clock where absent. */
  readonly nowMs?: () => number;
}

/** What this node holds for one set of keys that are taken from together. */
interface Slice {
  readonly keys: readonly string[];
  /** Below 0: sent beyond what was taken, and to be taken with the next question. */
  held: Reservation;
  expiresAtMs: number;
  askAgainAtMs: number;
  asking: Promise<void> | undefined;
}

interface Schedule {
  readonly name: string;
  readonly unit: keyof Reservation;
  readonly perSecond: number;
}

export class RedisPacer implements Pacer {
  private readonly limits = new Map<string, PaceLimit>();
  private readonly slices = new Map<string, Slice>();
  /** Until when each schedule is full, as Redis said, on the monotonic clock. */
  private readonly fullUntilMs = new Map<string, number>();
  private readonly closing = new AbortController();
  private sweeping: Promise<void> | undefined;
  private awayUntilMs = -Infinity;

  constructor(private readonly deps: RedisPacerDeps) {}

  /** Questions to Redis without an answer yet; undefined when there is none. */
  get asking(): Promise<unknown> | undefined {
    const open = [...this.slices.values()].flatMap(({ asking }) => (asking === undefined ? [] : [asking]));
    return open.length === 0 ? undefined : Promise.all(open);
  }

  /** True while Redis answers; else the fallback decides. */
  get isShared(): boolean {
    return this.deps.redis.isConnected && this.deps.clock.monotonicMs() >= this.awayUntilMs;
  }

  setLimit(key: string, limit: PaceLimit): void {
    this.deps.fallback.setLimit(key, limit);
    if (limit.membersPerSecond !== undefined || limit.requestsPerSecond !== undefined) {
      this.limits.set(key, limit);
      return;
    }
    if (!this.limits.delete(key)) return;
    const names = UNITS.map((unit) => this.nameOf(key, unit));
    for (const name of names) this.fullUntilMs.delete(name);
    for (const [id, { keys }] of this.slices) if (keys.includes(key)) this.slices.delete(id);
    void this.deps.redis.run(FORGET_PACE, { keys: names, values: [] });
  }

  tryTake(keys: readonly string[], wanted: Reservation): number {
    if (!keys.some((key) => this.limits.has(key))) return 0;
    const { clock, fallback } = this.deps;
    const nowMs = clock.monotonicMs();
    if (!this.isShared) {
      const fullMs = Math.max(...this.schedulesOf(keys).map(({ name }) => this.fullMs(name)));
      return fullMs > 0 ? fullMs : fallback.tryTake(keys, wanted);
    }
    const slice = this.sliceOf(keys);
    if (nowMs >= slice.expiresAtMs) void this.release(slice); // before what is asked for next, on one connection
    if (slice.asking === undefined && this.covers(slice, wanted)) {
      slice.held = minus(slice.held, wanted);
      return 0;
    }
    if (slice.asking === undefined && nowMs >= slice.askAgainAtMs) {
      slice.asking = this.ask(slice, wanted).finally(() => (slice.asking = undefined));
    }
    return slice.asking === undefined ? slice.askAgainAtMs - nowMs : POLL_MS;
  }

  giveBack(keys: readonly string[], unused: Reservation): void {
    if (!keys.some((key) => this.limits.has(key))) return;
    if (!this.isShared) {
      this.deps.fallback.giveBack(keys, unused);
      return;
    }
    this.put(this.sliceOf(keys), unused);
  }

  /** Gives back what is at hand. Safe to call twice. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.sweeping;
    await this.asking;
    await Promise.all([...this.slices.values()].map((slice) => this.release(slice)));
  }

  private async ask(slice: Slice, wanted: Reservation): Promise<void> {
    const { redis, clock, sharedPart } = this.deps;
    const schedules = this.schedulesOf(slice.keys);
    const part = sharedPart();
    if (part <= 0) {
      slice.askAgainAtMs = clock.monotonicMs() + AWAY_MS;
      return;
    }
    const takingMs = Math.max(0, ...schedules.map(({ unit, perSecond }) => (wanted[unit] * 1_000) / perSecond));
    const times = timesOf(takingMs);
    const amounts = {
      members: Math.max(0, wanted.members * times - slice.held.members),
      requests: Math.max(0, wanted.requests * times - slice.held.requests),
    };
    const answer = await redis.run(TAKE_PACE, {
      keys: schedules.map(({ name }) => name),
      values: [
        this.redisNow(),
        TOLERANCE_MS - (times - 1) * takingMs, // all of a slice may be used at once
        ...schedules.flatMap(({ name, unit, perSecond }) => [perSecond * part, amounts[unit], this.rememberedMs(name)]),
      ],
    });
    const nowMs = clock.monotonicMs();
    const numbers = Array.isArray(answer) ? answer.map(Number) : [];
    const [waitMs, ...fullMs] = numbers;
    if (waitMs === undefined || fullMs.length !== schedules.length || numbers.some(Number.isNaN)) {
      this.awayUntilMs = nowMs + AWAY_MS;
      return;
    }
    for (const [index, { name }] of schedules.entries()) this.fullUntilMs.set(name, nowMs + (fullMs[index] ?? 0));
    if (waitMs > 0) slice.askAgainAtMs = nowMs + waitMs + this.jitterMs(takingMs);
    else this.put(slice, amounts);
  }

  /** Well within the tolerance, so that nothing is lost by it. */
  private jitterMs(takingMs: number): number {
    return Math.min(MAX_JITTER_MS, takingMs) * this.deps.random.next();
  }

  private covers({ keys, held }: Slice, wanted: Reservation): boolean {
    const limited = new Set(this.schedulesOf(keys).map(({ unit }) => unit));
    return UNITS.every((unit) => !limited.has(unit) || held[unit] >= wanted[unit]);
  }

  private put(slice: Slice, amounts: Reservation): void {
    slice.held = minus(slice.held, { members: -amounts.members, requests: -amounts.requests });
    slice.expiresAtMs = this.deps.clock.monotonicMs() + SLICE_LIFE_MS;
    if (!this.closing.signal.aborted) this.sweeping ??= this.sweep().finally(() => (this.sweeping = undefined));
  }

  private async sweep(): Promise<void> {
    const { clock } = this.deps;
    while (!this.closing.signal.aborted && [...this.slices.values()].some(hasRest)) {
      await clock.sleep(SLICE_LIFE_MS, this.closing.signal);
      const nowMs = clock.monotonicMs();
      for (const slice of this.slices.values()) if (nowMs >= slice.expiresAtMs) await this.release(slice);
    }
  }

  /** Gives back what is left of a slice; debts stay. */
  private async release(slice: Slice): Promise<void> {
    if (!hasRest(slice) || slice.asking !== undefined) return;
    const rest = { members: Math.max(0, slice.held.members), requests: Math.max(0, slice.held.requests) };
    slice.held = minus(slice.held, rest);
    const schedules = this.schedulesOf(slice.keys);
    const part = this.deps.sharedPart();
    if (schedules.length === 0 || part <= 0) return; // without a part nobody can tell how much of a schedule it is
    const spansMs = schedules.map(({ unit, perSecond }) => (rest[unit] * 1_000) / (perSecond * part));
    for (const [index, { name }] of schedules.entries()) {
      this.fullUntilMs.set(name, (this.fullUntilMs.get(name) ?? 0) - (spansMs[index] ?? 0));
    }
    await this.deps.redis.run(GIVE_PACE_BACK, {
      keys: schedules.map(({ name }) => name),
      values: [this.redisNow(), ...spansMs],
    });
  }

  private sliceOf(keys: readonly string[]): Slice {
    const id = keys.join('\n');
    let slice = this.slices.get(id);
    if (slice === undefined) {
      const held = { members: 0, requests: 0 };
      slice = { keys: [...keys], held, expiresAtMs: 0, askAgainAtMs: -Infinity, asking: undefined };
      this.slices.set(id, slice);
    }
    return slice;
  }

  private schedulesOf(keys: readonly string[]): Schedule[] {
    return keys.flatMap((key) => {
      const { membersPerSecond, requestsPerSecond } = this.limits.get(key) ?? {};
      const schedule = (unit: keyof Reservation, perSecond: number | undefined): Schedule[] =>
        perSecond === undefined ? [] : [{ name: this.nameOf(key, unit), unit, perSecond }];
      return [...schedule('members', membersPerSecond), ...schedule('requests', requestsPerSecond)];
    });
  }

  private fullMs(name: string): number {
    return Math.max(0, (this.fullUntilMs.get(name) ?? 0) - this.deps.clock.monotonicMs());
  }

  /** As `fullMs`, or -1 where this node knows nothing of the schedule. */
  private rememberedMs(name: string): number {
    const untilMs = this.fullUntilMs.get(name) ?? -Infinity;
    return this.deps.clock.monotonicMs() - untilMs > KNOWN_MS ? -1 : this.fullMs(name);
  }

  private redisNow(): number {
    return this.deps.nowMs?.() ?? -1;
  }

  private nameOf(key: string, unit: keyof Reservation): string {
    return `${this.deps.prefix}:{pace}:${key}:${unit}`;
  }
}

/** Takings that fit a slice: one at least. */
const timesOf = (takingMs: number): number =>
  takingMs === 0 ? 1 : Math.min(MAX_MULTIPLE, Math.max(1, Math.floor(SLICE_MS / takingMs)));

const minus = (left: Reservation, right: Reservation): Reservation => ({
  members: left.members - right.members,
  requests: left.requests - right.requests,
});

const hasRest = ({ held }: Slice): boolean => held.members > 0 || held.requests > 0;
