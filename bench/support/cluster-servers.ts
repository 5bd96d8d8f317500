/**
 * What benches over a cluster share: a database of this run's own on the MySQL that is there, keys of its own in the
 * Redis that is there, and a RocketMQ that it starts. FANFARE_MYSQL_URL and FANFARE_REDIS_URL name other servers.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { askMysql, createDatabase, dropDatabase, setUpRocketmq, whyRedisIsAway } from '../../src/compose.js';
import { readClusterOptions } from '../../src/demo/cluster/cluster-options.js';
import { ensureJars, lackingTools, startRocketmq } from '../../src/demo/cluster/rocketmq-of-demo.js';
import { rocketmqSchema, type RocketmqSettings } from '../../src/settings/rocketmq-settings.js';
import type { BenchOptions } from '../figure.js';
import { runFolder } from './bench-folder.js';
import type { CleanUp } from './clean-up.js';

type Say = BenchOptions['say'];

type ServerKind = 'mysql' | 'redis' | 'rocketmq';

/** Where the servers are that the environment names, or the usual ones of this machine. */
const { mysqlUrl: MYSQL_URL, redisUrl: REDIS_URL } = readClusterOptions([], process.env);

export interface OwnRocketmq {
  readonly settings: RocketmqSettings;
  /** Of its proxy with broker, and where that keeps its files. */
  readonly folder: string;
}

export interface ClusterServers {
  readonly mysqlUrl: string;
  readonly redis: { readonly url: string; readonly prefix: string };
  readonly rocketmq: OwnRocketmq;
  /** `cluster` of a node's configuration. */
  readonly settings: object;
}

/** Says in a line each which servers a bench needs and does not find. */
export async function lacksServers(needed: readonly ServerKind[], say: Say): Promise<boolean> {
  const reasons = await Promise.all(needed.map(whyAway));
  const lacking = reasons.filter((reason) => reason !== undefined);
  for (const reason of lacking) say(`Skipped: ${reason}`);
  return lacking.length > 0;
}

async function whyAway(server: ServerKind): Promise<string | undefined> {
  if (server === 'mysql') {
    const answer = await askMysql(MYSQL_URL);
    return 'refusal' in answer ? `no MySQL or MariaDB answers at ${new URL(MYSQL_URL).host}.` : undefined;
  }
  if (server === 'redis') {
    return (await whyRedisIsAway(REDIS_URL)) && `no Redis answers at ${new URL(REDIS_URL).host}.`;
  }
  const [lacking] = await lackingTools();
  return lacking && `a RocketMQ cannot be started without ${lacking.tool === 'java' ? 'a JDK (17)' : 'Maven'}.`;
}

/** All three, with topics and groups; gone at the end. */
export async function openClusterServers(say: Say, cleanUp: CleanUp): Promise<ClusterServers> {
  const mysqlUrl = await openDatabase(cleanUp);
  const redis = { url: REDIS_URL, prefix: new URL(mysqlUrl).pathname.slice(1) }; // its keys end by themselves
  const rocketmq = await openRocketmq(say, cleanUp);
  await setUpRocketmq(rocketmq.settings);
  const { endpoints, nameServers } = rocketmq.settings;
  return {
    mysqlUrl,
    redis,
    rocketmq,
    settings: { mysql: { url: mysqlUrl }, redis, rocketmq: { endpoints, nameServers } },
  };
}

/** An empty database; answers its address. */
export async function openDatabase(cleanUp: CleanUp): Promise<string> {
  const name = `fanfare_bench_${randomBytes(4).toString('hex')}`;
  const url = await createDatabase(MYSQL_URL, name);
  cleanUp.add(() => dropDatabase(MYSQL_URL, name));
  return url;
}

export async function openRocketmq(say: Say, cleanUp: CleanUp): Promise<OwnRocketmq> {
  await ensureJars();
  say('starting a RocketMQ');
  const folder = join(runFolder(cleanUp), 'rocketmq');
  const server = await startRocketmq(folder);
  cleanUp.add(() => server.stop({ isFolderKept: false }));
  const where = { endpoints: [server.endpoint], nameServers: [server.nameServer] };
  return { settings: rocketmqSchema.parse(where), folder };
}
