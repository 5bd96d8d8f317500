import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pacerConformance } from '../../../test/conformance/pacer.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { OwnRedis } from '../../../test/support/own-redis.js';
import type { Pacer } from '../../core/ports/pacer.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { SharePacer } from '../memory/share-pacer.js';
import { systemClock } from '../system/system-clock.js';
import { systemRandom } from '../system/system-random.js';
import { RedisConnection, redisScript, type RedisEvent } from './redis-connection.js';
import { RedisPacer } from './redis-pacer.js';

const LIMIT = 1_000;
const CHUNK = 20;
const FLUSH = redisScript(`redis.call('FLUSHALL') return 1`);

describe('the pacer over Redis', { timeout: 120_000 }, () => {
  let server: OwnRedis;
  let redis: RedisConnection;
  let other: RedisConnection;
  const events: RedisEvent['kind'][] = [];
  let rigs = 0;
  beforeAll(async () => {
    server = await OwnRedis.start();
    const connect = (): RedisConnection =>
      new RedisConnection({
        url: server.url,
        clock: systemClock,
        random: systemRandom,
        onEvent: ({ kind }) => events.push(kind),
      });
    redis = connect();
    other = connect();
    expect([await redis.open(), await other.open()]).toEqual([true, true]);
  });
  afterAll(async () => {
    await redis.close();
    await other.close();
    await server.kill();
  });

  const pacerOn = (
    connection: () => RedisConnection,
    clock: ManualClock,
    {
      prefix,
      share = 1,
      sharedPart = () => 1,
    }: { readonly prefix: string; readonly share?: number; readonly sharedPart?: () => number },
  ): RedisPacer =>
    new RedisPacer({
      redis: {
        run: (script, call) => connection().run(script, call),
        get isConnected() {
          return connection().isConnected;
        },
      },
      clock,
      random: new SeededRandom(rigs++),
      prefix,
      sharedPart,
      fallback: new SharePacer(clock, () => share),
      nowMs: () => clock.monotonicMs(),
    });

  pacerConformance(
    'in Redis',
    () => {
      const clock = new ManualClock();
      const pacer = pacerOn(() => redis, clock, { prefix: `conformance-${rigs++}` });
      return {
        pacer,
        clock,
        pass: (spanMs) => {
          clock.advance(spanMs);
        },
        answered: () => pacer.asking,
        close: () => pacer.close(),
      };
    },
    { percentOfRuns: 3, timeoutMs: 120_000 },
  );

  /** Nodes that take as fast as they may for a span; answers when each chunk was granted, node by node. */
  async function race(
    pacers: readonly RedisPacer[],
    clock: ManualClock,
    {
      spanMs,
      at = () => undefined,
    }: { readonly spanMs: number; readonly at?: (ms: number) => Promise<void> | undefined },
  ): Promise<number[][]> {
    const grants = pacers.map((): number[] => []);
    for (let ms = 0; ms < spanMs; ms++) {
      await at(ms);
      for (const [index, pacer] of pacers.entries()) {
        while (pacer.tryTake(['channel:sms'], { members: CHUNK, requests: 1 }) === 0) {
          grants[index]?.push(clock.monotonicMs());
        }
      }
      for (const pacer of pacers) await pacer.asking;
      clock.advance(1);
    }
    return grants;
  }

  /** The most members within any second. */
  const peak = (grants: readonly number[]): number => {
    const sorted = [...grants].sort((left, right) => left - right);
    return Math.max(...sorted.map((from) => sorted.filter((at) => at >= from && at < from + 1_000).length)) * CHUNK;
  };

  const twoNodes = (clock: ManualClock, share = 0.5): RedisPacer[] => {
    const prefix = `nodes-${rigs++}`;
    const pacers = [redis, other].map((connection) => pacerOn(() => connection, clock, { prefix, share }));
    for (const pacer of pacers) pacer.setLimit('channel:sms', { membersPerSecond: LIMIT });
    return pacers;
  };

  it('keeps one limit over two nodes, right within 2 %, and lets each have its part', async () => {
    const clock = new ManualClock();
    const pacers = twoNodes(clock);
    const grants = await race(pacers, clock, { spanMs: 10_000 });
    const all = grants.flat();
    expect(peak(all)).toBeLessThanOrEqual(LIMIT * 1.02 + CHUNK);
    expect(Math.abs((all.length * CHUNK) / 10 - LIMIT) / LIMIT).toBeLessThanOrEqual(0.02 + CHUNK / LIMIT / 10);
    for (const own of grants) expect(own.length).toBeGreaterThan(all.length / 10);
    for (const pacer of pacers) await pacer.close();
  });

  it('gives all of it to the one that has work', async () => {
    const clock = new ManualClock();
    const [busy, idle] = twoNodes(clock);
    if (busy === undefined || idle === undefined) throw new Error('two nodes');
    const [grants = []] = await race([busy], clock, { spanMs: 5_000 });
    expect(grants.length * CHUNK).toBeGreaterThanOrEqual(LIMIT * 5 * 0.95);
    await busy.close();
    await idle.close();
  });

  it('grants nothing twice when Redis is emptied again and again', async () => {
    const clock = new ManualClock();
    const pacers = twoNodes(clock);
    const grants = await race(pacers, clock, {
      spanMs: 5_000,
      at: async (ms) => {
        if (ms % 500 === 25) await redis.run(FLUSH, { keys: [], values: [] });
      },
    });
    expect(peak(grants.flat())).toBeLessThanOrEqual(LIMIT * 1.02 + CHUNK);
    expect(grants.flat().length * CHUNK).toBeGreaterThanOrEqual(LIMIT * 5 * 0.9);
    for (const pacer of pacers) await pacer.close();
  });

  it('leaves the schedule full of what it took when it loses its part with a slice in hand', async () => {
    const clock = new ManualClock();
    let part = 1;
    const prefix = `partless-${rigs++}`;
    const pacer = pacerOn(() => redis, clock, { prefix, sharedPart: () => part });
    pacer.setLimit('k', { membersPerSecond: LIMIT });
    pacer.tryTake(['k'], { members: 1, requests: 1 });
    await pacer.asking;
    expect(pacer.tryTake(['k'], { members: 1, requests: 1 })).toBe(0); // of ten
    part = 0;
    await pacer.close();
    const due = redisScript(`return redis.call('GET', KEYS[1])`);
    const state = await redis.run(due, { keys: [`${prefix}:{pace}:k:members`], values: [] });
    expect(Number(String(state).split(' ')[0]) - clock.monotonicMs()).toBeCloseTo(10, 3);
  });

  it('goes on with a share per node while Redis is away, never above the limit, and comes back', async () => {
    const clock = new ManualClock();
    const pacers = twoNodes(clock);
    let isDown = false;
    const grants = await race(pacers, clock, {
      spanMs: 9_000,
      at: async (ms) => {
        if (ms === 3_000) {
          await server.kill();
          isDown = true;
        } else if (ms === 6_000) {
          await server.startAgain();
          isDown = false;
          while (!redis.isConnected || !other.isConnected) await systemClock.sleep(5);
        }
      },
    });
    expect(isDown).toBe(false);
    const all = grants.flat();
    expect(peak(all)).toBeLessThanOrEqual(LIMIT * 1.02 + CHUNK * 2); // one chunk a node
    const away = all.filter((at) => at >= 4_000 && at < 6_000).length * CHUNK;
    expect(away / 2).toBeGreaterThanOrEqual(LIMIT * 0.9);
    const after = all.filter((at) => at >= 7_000).length * CHUNK;
    expect(after / 2).toBeGreaterThanOrEqual(LIMIT * 0.9);
    expect(new Set(events)).toEqual(new Set(['redis.away', 'redis.back']));
    expect(pacers.every(({ isShared }) => isShared)).toBe(true);
    for (const pacer of pacers) await pacer.close();
  });

  it("keeps pace by Redis's own clock too", async () => {
    const fallback: Pacer = new SharePacer(systemClock, () => 0);
    const pacer = new RedisPacer({
      redis,
      clock: systemClock,
      random: systemRandom,
      prefix: `real-${rigs++}`,
      sharedPart: () => 1,
      fallback,
    });
    pacer.setLimit('k', { membersPerSecond: 500 });
    let members = 0;
    const startedMs = systemClock.monotonicMs();
    while (systemClock.monotonicMs() - startedMs < 1_000) {
      const waitMs = pacer.tryTake(['k'], { members: 10, requests: 1 });
      if (waitMs === 0) members += 10;
      else await systemClock.sleep(waitMs);
    }
    const spanMs = systemClock.monotonicMs() - startedMs;
    expect(members).toBeGreaterThan(0);
    expect(members).toBeLessThanOrEqual(((500 * spanMs) / 1_000) * 1.02 + 20);
    await pacer.close();
  });
});
