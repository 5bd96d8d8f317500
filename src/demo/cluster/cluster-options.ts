/** What the demo of a cluster was asked for, on its command line and in the environment. */
import { DEFAULT_PORT } from '../../config.js';
import { MAX_MEMBERS } from '../demo-options.js';
import { readFlags, wholeNumber } from '../read-flags.js';
import { OPTION_TEXT } from '../text/option-text.js';

export interface ClusterOptions {
  readonly members: number;
  /** Ends by itself once books and vendors have been compared. */
  readonly isOnce: boolean;
  /** Leaves database and folder where they are. */
  readonly isKept: boolean;
  /** Of the nodes; 0 = any free one each. */
  readonly ports: readonly [number, number];
  /** Of a server; the database in it, if any, is not used. */
  readonly mysqlUrl: string;
  readonly redisUrl: string;
  readonly isHelp: boolean;
}

const DEFAULT_CLUSTER_MEMBERS = 200_000;
const DEFAULT_MYSQL_URL = 'mysql://root@127.0.0.1:3306/';
const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';

const FLAGS = {
  members: { type: 'string' },
  once: { type: 'boolean' },
  keep: { type: 'boolean' },
  port: { type: 'string' },
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws DemoFailure (exit code 2) that names the option and what it takes. */
export function readClusterOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ClusterOptions {
  const given = readFlags(argv, FLAGS);
  const range = { from: 0, to: 65_534 };
  const port = wholeNumber(given.text('port'), range, OPTION_TEXT.firstPort) ?? DEFAULT_PORT;
  return {
    members:
      wholeNumber(given.text('members'), { from: 1, to: MAX_MEMBERS }, OPTION_TEXT.members) ?? DEFAULT_CLUSTER_MEMBERS,
    isOnce: given.isSet('once'),
    isKept: given.isSet('keep'),
    ports: port === 0 ? [0, 0] : [port, port + 1],
    mysqlUrl: nonEmpty(environment['FANFARE_MYSQL_URL']) ?? DEFAULT_MYSQL_URL,
    redisUrl: nonEmpty(environment['FANFARE_REDIS_URL']) ?? DEFAULT_REDIS_URL,
    isHelp: given.isSet('help'),
  };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
