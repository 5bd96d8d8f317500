/**
 * Claims the way the field does it: a script in Redis takes the stock and the member in one step, a message carries the
 * grant to the database, where a consumer writes it, many in a transaction. The message goes by a stream of the same
 * Redis, which costs less than any broker; one that is away, or loses messages, comes on top. The caller is answered once
 * the message is sent, which is the careful way round: before that a crash would lose answered grants too.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createPool, type Pool } from 'mysql2/promise';
import { withCleanUp, type CleanUp } from './clean-up.js';
import { openDatabase } from './cluster-servers.js';
import { rateOf } from './coupons.js';
import { REDIS } from './redis.js';

const MESSAGES_PER_READ = 1_000;
const IDLE_MS = 5;
/** Keys of a run end by themselves. */
const KEY_LIFE_SECONDS = 600;

export const GRANTED = 1;
/** GRANTED; 2 = had it already, 0 = sold out. */
const TAKE = `
  if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 2 end
  if tonumber(redis.call('GET', KEYS[1])) <= 0 then return 0 end
  redis.call('DECR', KEYS[1])
  redis.call('SADD', KEYS[2], ARGV[1])
  return 1`;

const TABLE = `
  CREATE TABLE field_grant (coupon BIGINT NOT NULL, member BIGINT NOT NULL, granted_at BIGINT NOT NULL,
    PRIMARY KEY (coupon, member)) ENGINE = InnoDB`;

/** Keys of one run in Redis. */
interface Keys {
  readonly stock: string;
  readonly members: string;
  readonly stream: string;
}

const keysOf = (run: string): Keys => ({
  stock: `${run}:stock`,
  members: `${run}:members`,
  stream: `${run}:grants`,
});

/** Claims over Redis alone: what a process of the shop does at a request. */
export class FieldClaims {
  private readonly redis = new Redis({ ...REDIS, enableAutoPipelining: true });
  private readonly keys: Keys;

  constructor(run: string) {
    this.keys = keysOf(run);
  }

  /** Takes stock and member, then sends the message. */
  async claim(member: number): Promise<number> {
    const { stock, members, stream } = this.keys;
    const taken = Number(await this.redis.eval(TAKE, 2, stock, members, member));
    if (taken === GRANTED) await this.redis.xadd(stream, '*', 'member', member);
    return taken;
  }

  close(): void {
    this.redis.disconnect();
  }
}

/** The stock in Redis, the table in MySQL, and the consumer between them. */
export class FieldStore {
  private isStopping = false;
  private readonly consuming: Promise<void>;

  private constructor(
    readonly run: string,
    private readonly redis: Redis,
    private readonly pool: Pool,
  ) {
    this.consuming = this.consume();
  }

  static async open(stock: number, cleanUp: CleanUp): Promise<FieldStore> {
    const run = `fanfare-bench-${randomBytes(4).toString('hex')}`;
    const pool = createPool({ uri: await openDatabase(cleanUp), connectionLimit: 2 });
    const redis = new Redis(REDIS);
    await pool.query(TABLE);
    await redis.set(keysOf(run).stock, stock, 'EX', KEY_LIFE_SECONDS);
    const store = new FieldStore(run, redis, pool);
    cleanUp.add(() => store.close());
    return store;
  }

  /** Members whose stock Redis has taken. */
  taken(): Promise<number> {
    return this.redis.scard(keysOf(this.run).members);
  }

  /** Members that have it in the database. */
  async holders(): Promise<ReadonlySet<number>> {
    const [rows] = await this.pool.query('SELECT member FROM field_grant');
    return new Set((rows as { readonly member: number }[]).map(({ member }) => member)); // the column of the statement
  }

  /** Waits until every message that was sent has been written. */
  async drained(): Promise<void> {
    while ((await this.redis.xlen(keysOf(this.run).stream)) > 0) await sleep(IDLE_MS);
  }

  private async consume(): Promise<void> {
    const { stream } = keysOf(this.run);
    while (!this.isStopping) {
      const messages = await this.redis.xrange(stream, '-', '+', 'COUNT', MESSAGES_PER_READ);
      if (messages.length === 0) {
        await sleep(IDLE_MS);
        continue;
      }
      const rows: readonly (readonly number[])[] = messages.map(([, [, member = '']]) => [
        1,
        Number(member),
        Date.now(),
      ]);
      await this.pool.query('INSERT IGNORE INTO field_grant (coupon, member, granted_at) VALUES ?', [rows]);
      await this.redis.xdel(stream, ...messages.map(([id]) => id));
    }
  }

  private async close(): Promise<void> {
    this.isStopping = true;
    await this.consuming;
    const { stock, members, stream } = keysOf(this.run);
    await this.redis.del(stock, members, stream);
    this.redis.disconnect();
    await this.pool.end();
  }
}

export interface FieldRates {
  /** Until the last caller was answered. */
  readonly answeredPerSecond: number;
  /** Until the last grant stood in the database. */
  readonly storedPerSecond: number;
}

/** Everybody claims once, so many at the same time; callers and consumer are in this process. */
export const claimFieldWay = ({
  members,
  callers,
}: {
  readonly members: number;
  readonly callers: number;
}): Promise<FieldRates> =>
  withCleanUp(async (cleanUp) => {
    const store = await FieldStore.open(members, cleanUp);
    const claims = new FieldClaims(store.run);
    cleanUp.add(() => claims.close());
    const startedMs = performance.now();
    const answeredPerSecond = await rateOf(members, callers, (member) => claims.claim(member));
    await store.drained();
    return { answeredPerSecond, storedPerSecond: (members / (performance.now() - startedMs)) * 1_000 };
  });
