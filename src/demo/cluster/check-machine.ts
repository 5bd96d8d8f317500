/** Looks for everything that the demo of a cluster needs, before anything is begun. */
import { askMysql, whyRedisIsAway } from '../../compose.js';
import type { Wording } from '../../cli/wording.js';
import { checkPort } from '../check-port.js';
import { DemoFailure } from '../demo-failure.js';
import type { ClusterOptions } from './cluster-options.js';
import { lackingTools, type LackingTool } from './rocketmq-of-demo.js';
import { MISSING_TEXT as T } from '../text/missing-text.js';

export interface Machine {
  readonly mysqlVersion: string;
  /** Of the nodes. */
  readonly ports: readonly [number, number];
}

/** @throws DemoFailure that names all that is missing, a line each, with how to get it. */
export async function checkMachine({ mysqlUrl, redisUrl, ports }: ClusterOptions): Promise<Machine> {
  const [tools, mysql, redisReason, first, second] = await Promise.all([
    lackingTools(),
    askMysqlAt(mysqlUrl),
    askRedisAt(redisUrl),
    portOrWhyNot(ports[0]),
    portOrWhyNot(ports[1]),
  ]);
  const missing: Wording[] = [
    ...tools.map(wordingOf),
    ...('refusal' in mysql ? [T.mysql(placeOf(mysqlUrl), mysql.refusal)] : []),
    ...(redisReason === undefined ? [] : [T.redis(placeOf(redisUrl), redisReason)]),
    ...[first, second].filter((port) => typeof port !== 'number'),
  ];
  if (missing.length > 0 || 'refusal' in mysql || typeof first !== 'number' || typeof second !== 'number') {
    throw new DemoFailure(T.all(missing));
  }
  return { mysqlVersion: mysql.version, ports: [first, second] };
}

const wordingOf = ({ tool, version }: LackingTool): Wording => (tool === 'java' ? T.java(version) : T.maven);

async function askMysqlAt(url: string): ReturnType<typeof askMysql> {
  return hasProtocol(url, ['mysql:']) ? askMysql(url) : { refusal: 'not a mysql:// address' };
}

async function askRedisAt(url: string): Promise<string | undefined> {
  return hasProtocol(url, ['redis:', 'rediss:']) ? whyRedisIsAway(url) : 'not a redis:// address';
}

function hasProtocol(url: string, protocols: readonly string[]): boolean {
  return URL.canParse(url) && protocols.includes(new URL(url).protocol);
}

/** Without the password. */
export function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '?';
}

async function portOrWhyNot(port: number): Promise<number | Wording> {
  try {
    return await checkPort(port);
  } catch (error) {
    if (error instanceof DemoFailure) return error.wording;
    throw error;
  }
}
