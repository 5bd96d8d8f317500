/**
 * Entries shared by nodes through Redis: an entry that has ended, or was never there, is loaded by the first node that
 * asks, under a short lock; the others look again until it is there. Whoever changed an entry takes value and lock away
 * after the commit, so a load that began before it shares nothing any more.
 */
import type { SharedEntries } from '../../core/entry-reader.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import { redisScript, type RedisConnection } from './redis-connection.js';

/** An entry lives so long, give or take a quarter by chance, so that those made together do not end together. */
const LIFE_MS = 2_000;
const LIFE_JITTER = 0.25;
const LOCK_MS = 500;
const LOOK_AGAIN_MS = 5;
/** Who waited so long for another node's load does it itself. */
const PATIENCE_MS = 100;

/** Both keys of an entry lie in one slot. ARGV: token of the lock, its life. */
const READ = redisScript(`
local value = redis.call('GET', KEYS[1])
if value then return { 'value', value } end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return { 'mine' } end
return { 'busy' }
`);
/** ARGV: token of the lock, value, its life. */
const KEEP = redisScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
`);
const FORGET = redisScript(`return redis.call('DEL', KEYS[1], KEYS[2])`);

export interface RedisEntriesOptions<Value> {
  readonly redis: Pick<RedisConnection, 'run' | 'isConnected'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Stands before every key. */
  readonly prefix: string;
  /** What the entries are and how they are encoded, as it stands in their keys: programs of two versions may share them. */
  readonly kind: string;
  readonly encode: (value: Value) => string;
  readonly decode: (text: string) => Value;
}

type Found<Value> = { readonly value: Value } | 'mine' | 'busy' | 'away';

export class RedisEntries<Value> implements SharedEntries<Value> {
  constructor(private readonly options: RedisEntriesOptions<Value>) {}

  async readThrough(
    ids: readonly number[],
    load: (ids: readonly number[]) => Promise<ReadonlyMap<number, Value>>,
  ): Promise<ReadonlyMap<number, Value>> {
    const { clock, random } = this.options;
    const token = Buffer.from(random.bytes(8)).toString('hex');
    const values = new Map<number, Value>();
    const untilMs = clock.monotonicMs() + PATIENCE_MS;
    let open = ids;
    while (open.length > 0) {
      const found = await Promise.all(open.map(async (id) => [id, await this.read(id, token)] as const));
      for (const [id, entry] of found) if (typeof entry === 'object') values.set(id, entry.value);
      const mayWait = clock.monotonicMs() < untilMs;
      const toLoad = found.filter(
        ([, entry]) => entry === 'mine' || entry === 'away' || (entry === 'busy' && !mayWait),
      );
      await this.loadInto(values, toLoad, { token, load });
      open = found.filter(([, entry]) => entry === 'busy' && mayWait).map(([id]) => id);
      if (open.length > 0) await clock.sleep(LOOK_AGAIN_MS);
    }
    return values;
  }

  async forget(id: number): Promise<void> {
    await this.options.redis.run(FORGET, { keys: this.keysOf(id), values: [] });
  }

  private async loadInto(
    values: Map<number, Value>,
    toLoad: readonly (readonly [id: number, found: Found<Value>])[],
    {
      token,
      load,
    }: { readonly token: string; readonly load: (ids: readonly number[]) => Promise<ReadonlyMap<number, Value>> },
  ): Promise<void> {
    if (toLoad.length === 0) return;
    const loaded = await load(toLoad.map(([id]) => id));
    for (const [id, value] of loaded) values.set(id, value);
    const mine = toLoad.filter(([, found]) => found === 'mine').map(([id]) => id);
    await Promise.all(mine.map((id) => this.keep(id, loaded.get(id), token)));
  }

  private async keep(id: number, value: Value | undefined, token: string): Promise<void> {
    if (value === undefined) return;
    const lifeMs = Math.round(LIFE_MS * (1 - LIFE_JITTER + 2 * LIFE_JITTER * this.options.random.next()));
    await this.options.redis.run(KEEP, { keys: this.keysOf(id), values: [token, this.options.encode(value), lifeMs] });
  }

  private async read(id: number, token: string): Promise<Found<Value>> {
    const { redis } = this.options;
    if (!redis.isConnected) return 'away';
    const answer = await redis.run(READ, { keys: this.keysOf(id), values: [token, LOCK_MS] });
    const [kind, text]: readonly unknown[] = Array.isArray(answer) ? (answer as unknown[]) : [];
    if (kind === 'value' && typeof text === 'string') return this.decoded(id, text);
    return kind === 'mine' || kind === 'busy' ? kind : 'away';
  }

  private decoded(id: number, text: string): Found<Value> {
    try {
      return { value: this.options.decode(text) };
    } catch {
      void this.forget(id); // nobody of ours wrote it
      return 'away';
    }
  }

  private keysOf(id: number): readonly string[] {
    const { prefix, kind } = this.options;
    return ['value', 'lock'].map((part) => `${prefix}:{${kind}:${id}}:${part}`);
  }
}
