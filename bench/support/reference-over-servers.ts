/**
 * The usual way over the servers of a cluster, as well as it can be written there:
 *
 *   bucket messages, 100 a batch ─► a message per member, 100 a batch ─► SET NX per member ─► send ─► record in MySQL
 *
 * All stages at once, each with many requests in flight; keys by pipelines and records by multi-row inserts of 100;
 * messages go and are acknowledged by our own client, in batches. What it does not do that ours does: consent,
 * suppression and reasons, a mark before the send, retries, pace, an audience that stands still, books that balance.
 * What it does that ours does not: a row per member that can be read by itself.
 */
import { Redis } from 'ioredis';
import { createPool, type Pool } from 'mysql2/promise';
import { MessageIds } from '../../src/adapters/rocketmq/message-ids.js';
import { RocketmqAdmin } from '../../src/adapters/rocketmq/remoting/rocketmq-admin.js';
import { systemRandom } from '../../src/adapters/system/system-random.js';
import type { ClusterServers } from './cluster-servers.js';
import { RawTopic, type RawMessage } from './raw-topic.js';

const BATCH = 100;
const BUCKET_MEMBERS = 1_000;
const LOOPS = 16;
const MYSQL_CONNECTIONS = 8;
/** Of the members, until whom it is timed: polls for the last ones wait for up to 5 s, which more members would hide. */
const TIMED_SHARE = 0.9;
/** Keys of a run end by themselves. */
const KEY_LIFE_MS = 600_000;

interface MemberBatch {
  readonly members: readonly number[];
  readonly ack: () => Promise<unknown>;
}

/** Tells so many members; answers how many in a second. @throws Error when somebody was missed. */
export async function referenceOverServers(servers: ClusterServers, members: number): Promise<number> {
  const ids = new MessageIds(systemRandom);
  const run = ids.next();
  const admin = new RocketmqAdmin(servers.rocketmq.settings.nameServers);
  const redis = new Redis(servers.redis.url);
  const pool = createPool({ uri: servers.mysqlUrl, connectionLimit: MYSQL_CONNECTIONS });
  const buckets = await RawTopic.open(`${run}_BUCKET`, { settings: servers.rocketmq.settings, admin });
  const perMember = await RawTopic.open(`${run}_MEMBER`, { settings: servers.rocketmq.settings, admin });
  try {
    await pool.query(`CREATE TABLE IF NOT EXISTS push_record (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, campaign BIGINT NOT NULL, member BIGINT NOT NULL,
      outcome VARCHAR(20) NOT NULL, at BIGINT NOT NULL) ENGINE = InnoDB`);
    await Promise.all([buckets.find(), perMember.find()]);
    const startedMs = performance.now();
    const [timed] = await Promise.all([
      tellMembers(perMember, { run, members, redis, pool, prefix: servers.redis.prefix }),
      writeBuckets(buckets, members),
      writeMembers(buckets, perMember, members),
    ]);
    return (timed.told * 1_000) / (timed.atMs - startedMs);
  } finally {
    await Promise.all([buckets.close(), perMember.close(), pool.end()]);
    redis.disconnect();
    admin.close();
  }
}

async function writeBuckets(topic: RawTopic, members: number): Promise<void> {
  for (let from = 0; from < members; from += BATCH * BUCKET_MEMBERS) {
    const bodies: string[] = [];
    for (let first = from; first < Math.min(members, from + BATCH * BUCKET_MEMBERS); first += BUCKET_MEMBERS) {
      bodies.push(JSON.stringify({ campaign: 1, from: first, until: Math.min(members, first + BUCKET_MEMBERS) }));
    }
    await topic.send(bodies);
  }
}

async function writeMembers(buckets: RawTopic, perMember: RawTopic, members: number): Promise<void> {
  const seen = new Set<number>();
  for (let written = 0; written < members;) {
    for (const message of await buckets.receive()) {
      const { from, until } = JSON.parse(message.body) as { readonly from: number; readonly until: number }; // as above
      if (seen.has(from)) continue; // come again
      seen.add(from);
      const batches: Promise<void>[] = [];
      for (let first = from; first < until; first += BATCH) {
        const bodies = Array.from({ length: Math.min(BATCH, until - first) }, (_, at) =>
          JSON.stringify({ campaign: 1, member: first + at }),
        );
        batches.push(perMember.send(bodies));
      }
      await Promise.all(batches);
      await buckets.ack([message]);
      written += until - from;
    }
  }
}

interface TellOptions {
  readonly run: string;
  readonly members: number;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly prefix: string;
}

/** Answers when so many were told that it is timed. */
async function tellMembers(
  topic: RawTopic,
  options: TellOptions,
): Promise<{ readonly told: number; readonly atMs: number }> {
  let told = 0;
  let timed: { readonly told: number; readonly atMs: number } | undefined;
  const loop = async (): Promise<void> => {
    while (told < options.members) {
      const fresh = await tellBatch(await nextBatch(topic, () => told < options.members), options);
      told += fresh;
      if (told >= options.members * TIMED_SHARE) timed ??= { told, atMs: performance.now() };
    }
    topic.stopWaiting();
  };
  await Promise.all(Array.from({ length: LOOPS }, loop));
  if (told !== options.members || timed === undefined) {
    throw new Error(`The reference told ${told} of ${options.members}.`);
  }
  return timed;
}

/** About a hundred: polls bring 32 at most, and what there is when nothing more comes. */
async function nextBatch(topic: RawTopic, isNeeded: () => boolean): Promise<MemberBatch> {
  const taken: RawMessage[] = [];
  while (taken.length < BATCH && isNeeded()) {
    const messages = await topic.receive();
    taken.push(...messages);
    if (messages.length < BATCH / 4) break; // nearly empty: what is there is not kept waiting
  }
  const members = taken.map(({ body }) => (JSON.parse(body) as { readonly member: number }).member); // as above
  return { members, ack: () => topic.ack(taken) };
}

async function tellBatch({ members, ack }: MemberBatch, { run, redis, pool, prefix }: TellOptions): Promise<number> {
  if (members.length === 0) return 0;
  const pipeline = redis.pipeline();
  for (const member of members) pipeline.set(`${prefix}:${run}:${member}`, '1', 'PX', KEY_LIFE_MS, 'NX');
  const answers = (await pipeline.exec()) ?? [];
  const fresh = members.filter((member, index) => answers[index]?.[1] === 'OK' && accepts(member));
  if (fresh.length > 0) {
    const rows = fresh.map((member) => [1, member, 'sent', Date.now()]);
    await pool.query('INSERT INTO push_record (campaign, member, outcome, at) VALUES ?', [rows]);
  }
  await ack();
  return fresh.length;
}

/** The vendor. */
const accepts = (member: number): boolean => member >= 0;
