/** CPU of the servers that nodes share, where they run on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import type { ClusterServers } from './cluster-servers.js';
import { cpuSecondsOf } from './process-figures.js';

/** Process ids by the name that a figure gives them. */
export type ServerPids = ReadonlyMap<string, number>;

/** Whoever else uses these servers meanwhile is counted with them. */
export async function serverPids({ mysqlUrl, redis, rocketmq }: ClusterServers): Promise<ServerPids> {
  const found: readonly (readonly [string, number, RegExp])[] = [
    ['MySQL', await mysqlPid(mysqlUrl), /^(mariadbd|mysqld)/],
    ['Redis', await redisPid(redis.url), /^redis-server/],
    ['RocketMQ', pidIn(join(rocketmq.folder, 'proxy.pid')), /^java/],
  ];
  return new Map(found.filter(([, pid, name]) => isProcess(pid, name)).map(([name, pid]) => [name, pid]));
}

/** Seconds of CPU so far, by the same names. */
export const cpuSecondsOfAll = (pids: ServerPids): ReadonlyMap<string, number> =>
  new Map([...pids].map(([name, pid]) => [name, cpuSecondsOf(pid)]));

async function mysqlPid(url: string): Promise<number> {
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query('SELECT @@pid_file AS file');
    const [row] = rows as { readonly file: string }[]; // the column asked for
    return pidIn(row?.file ?? '');
  } finally {
    await connection.end();
  }
}

async function redisPid(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    return Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1]);
  } finally {
    redis.disconnect();
  }
}

function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').trim());
  } catch {
    return Number.NaN; // on another machine, or not ours to read
  }
}

/** A number may be that of a process on another machine. */
function isProcess(pid: number, name: RegExp): boolean {
  const file = `/proc/${pid}/comm`;
  return existsSync(file) && name.test(readFileSync(file, 'utf8'));
}
