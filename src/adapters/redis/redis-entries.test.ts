import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OwnRedis } from '../../../test/support/own-redis.js';
import { EntryReader } from '../../core/entry-reader.js';
import { systemClock } from '../system/system-clock.js';
import { systemRandom } from '../system/system-random.js';
import { RedisConnection, redisScript } from './redis-connection.js';
import { RedisEntries } from './redis-entries.js';

const FLUSH = redisScript(`redis.call('FLUSHALL') return 1`);
const NODES = 4;

describe('entries shared through Redis', () => {
  let server: OwnRedis;
  let connections: RedisConnection[];
  const stored = new Map<number, string>();
  let loads: number[][] = [];
  let gate: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    server = await OwnRedis.start();
    connections = Array.from(
      { length: NODES },
      () =>
        new RedisConnection({
          url: server.url,
          clock: systemClock,
          random: systemRandom,
          onEvent: () => undefined,
        }),
    );
    for (const connection of connections) expect(await connection.open()).toBe(true);
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await server.kill();
  });
  beforeEach(async () => {
    stored.clear();
    stored.set(1, 'one').set(2, 'two');
    loads = [];
    gate = Promise.resolve();
    await connections[0]?.run(FLUSH, { keys: [], values: [] });
  });

  const load = async (ids: readonly number[]): Promise<ReadonlyMap<number, string>> => {
    loads.push([...ids]);
    const seen = new Map(ids.flatMap((id) => (stored.has(id) ? [[id, stored.get(id) ?? ''] as const] : [])));
    await gate;
    return seen;
  };
  const readerOn = (redis: RedisConnection): EntryReader<string> =>
    new EntryReader({
      knownIds: { has: (id) => Promise.resolve(stored.has(id)) },
      load,
      shared: new RedisEntries({
        redis,
        clock: systemClock,
        random: systemRandom,
        prefix: 'test',
        kind: 'entry',
        encode: (value) => JSON.stringify(value),
        decode: (text) => JSON.parse(text) as string,
      }),
    });
  const readers = (): EntryReader<string>[] => connections.map(readerOn);

  it('loads an entry that all nodes ask for at once, a hundred times each, one time', async () => {
    const questions = readers().flatMap((reader) => Array.from({ length: 100 }, () => reader.find(1)));
    expect(new Set(await Promise.all(questions))).toEqual(new Set(['one']));
    expect(loads).toEqual([[1]]);
  });

  it('loads it once again when it has ended', async () => {
    const nodes = readers();
    await nodes[0]?.find(1);
    await nodes[0]?.changed(1);
    await Promise.all(nodes.map((reader) => reader.find(1)));
    expect(loads).toEqual([[1], [1]]);
  });

  it('answers a change to everybody at once', async () => {
    const [first, second] = readers();
    expect(await second?.find(1)).toBe('one');
    stored.set(1, 'uno');
    await first?.changed(1);
    expect(await second?.find(1)).toBe('uno');
  });

  it('shares nothing that was read before a change', async () => {
    const [first, second, third] = readers();
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const slow = first?.find(1);
    await expect.poll(() => loads.length).toBe(1);
    stored.set(1, 'uno');
    await second?.changed(1);
    open();
    expect(await slow).toBe('one'); // read before the change was committed
    expect(await third?.find(1)).toBe('uno');
  });

  it('reads several entries in one go, and knows what does not exist', async () => {
    const [reader] = readers();
    const answers = await Promise.all([reader?.find(1), reader?.find(2), reader?.find(3), reader?.find(1)]);
    expect(answers).toEqual(['one', 'two', undefined, 'one']);
    expect(loads).toEqual([[1, 2]]);
  });

  it('goes on while Redis is emptied, and without it', async () => {
    const [reader] = readers();
    expect(await reader?.find(1)).toBe('one');
    await connections[0]?.run(FLUSH, { keys: [], values: [] });
    expect(await reader?.find(1)).toBe('one');
    expect(loads).toEqual([[1], [1]]);
    await server.kill();
    expect(await reader?.find(2)).toBe('two');
    await reader?.changed(2);
    await server.startAgain();
    await expect.poll(() => connections[0]?.isConnected).toBe(true);
    expect(await reader?.find(1)).toBe('one');
  });

  it('takes what it cannot read for nothing', async () => {
    const [reader] = readers();
    await connections[0]?.run(redisScript(`return redis.call('SET', KEYS[1], 'no JSON')`), {
      keys: ['test:{entry:1}:value'],
      values: [],
    });
    expect(await reader?.find(1)).toBe('one');
    await expect.poll(async () => (await reader?.find(1)) === 'one' && loads.length).toBe(2);
  });
});
