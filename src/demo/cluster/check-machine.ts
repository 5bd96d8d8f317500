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
}

/** @throws DemoFailure that names all that is missing, a line each, with how to get it. */
export async function checkMachine({ mysqlUrl, redisUrl, ports }: ClusterOptions): Promise<Machine> {
  const [tools, mysql, redisReason, ...takenPorts] = await Promise.all([
    lackingTools(),
    askMysqlAt(mysqlUrl),
    askRedisAt(redisUrl),
    ...ports.map(whyPortIsTaken),
  ]);
  const missing: Wording[] = [
    ...tools.map(wordingOf),
    ...('refusal' in mysql ? [T.mysql(placeOf(mysqlUrl), mysql.refusal)] : []),
    ...(redisReason === undefined ? [] : [T.redis(placeOf(redisUrl), redisReason)]),
    ...takenPorts.filter((wording) => wording !== undefined),
  ];
  if (missing.length > 0 || 'refusal' in mysql) throw new DemoFailure(T.all(missing));
  return { mysqlVersion: mysql.version };
}

const wordingOf = ({ tool, version }: LackingTool): Wording => (tool === 'java' ? T.java(version) : T.maven);

async function askMysqlAt(url: string): ReturnType<typeof askMysql> {
  return hasProtocol(url, ['mysql:']) ? askMysql(url) : { refusal: 'FANFARE_MYSQL_URL = mysql://…?' };
}

async function askRedisAt(url: string): Promise<string | undefined> {
  return hasProtocol(url, ['redis:', 'rediss:']) ? whyRedisIsAway(url) : 'FANFARE_REDIS_URL = redis://…?';
}

function hasProtocol(url: string, protocols: readonly string[]): boolean {
  return URL.canParse(url) && protocols.includes(new URL(url).protocol);
}

/** Without the password. */
export function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '?';
}

async function whyPortIsTaken(port: number): Promise<Wording | undefined> {
  try {
    await checkPort(port);
    return undefined;
  } catch (error) {
    if (error instanceof DemoFailure) return error.wording;
    throw error;
  }
}
