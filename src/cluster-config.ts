/** The settings of a node of a cluster: where the servers are that nodes share, and what this node does of the work. */
import * as z from 'zod';
import { CHANNELS } from './core/channels.js';
import { DomainError } from './core/errors.js';
import { ROLES } from './nodes/role.js';
import { rocketmqSchema } from './settings/rocketmq-settings.js';

const urlOf = (pattern: RegExp, example: string): z.ZodString =>
  z.string().regex(pattern, `not an address such as ${example}`);

const listOf = <Values extends Readonly<Record<string, string>>>(names: z.ZodEnum<Values>) =>
  z
    .array(names)
    .min(1, 'is empty; leave it out for all of them')
    .refine((given) => new Set(given).size === given.length, 'names one twice');

export const clusterSchema = z.strictObject({
  mysql: z.strictObject({
    /** `mysql://user:password@host:3306/database`; where everything is kept. */
    url: urlOf(/^mysql:\/\/[^/\s]+\/[^/?\s]+/, 'mysql://user@host:3306/database'),
  }),
  /** Without it each node takes its share of every pace. */
  redis: z
    .strictObject({
      /** `redis://:password@host:6379/0`, or `rediss://` for TLS. */
      url: urlOf(/^rediss?:\/\/[^/\s]+/, 'redis://host:6379'),
      /** Stands before every key, so that several clusters can share a server. */
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,60}$/, 'not 1 to 60 letters, digits, ".", "_" and "-"')
        .default('fanfare'),
    })
    .optional(),
  /** Where events travel; see the schema. */
  rocketmq: rocketmqSchema.optional(),
  /** What this node does; all of it by default. */
  roles: listOf(z.enum(ROLES)).default([...ROLES]),
  /** Channels that this node pushes, where it is a pusher; all that are configured by default. */
  channels: listOf(z.enum(CHANNELS)).default([...CHANNELS]),
});

export type ClusterConfig = Readonly<z.output<typeof clusterSchema>>;

/**
 * The settings of the file with those of the environment on top, not checked yet; undefined = no cluster.
 * @throws DomainError `INVALID_CONFIG` for a variable that only a node of a cluster can obey.
 */
export function withClusterEnvironment(fromFile: unknown, environment: NodeJS.ProcessEnv): unknown {
  const mysqlUrl = given(environment['FANFARE_MYSQL_URL']);
  const redisUrl = given(environment['FANFARE_REDIS_URL']);
  const endpoints = namesIn(environment['FANFARE_ROCKETMQ_ENDPOINTS']);
  const nameServers = namesIn(environment['FANFARE_ROCKETMQ_NAME_SERVERS']);
  const roles = namesIn(environment['FANFARE_ROLES']);
  const channels = namesIn(environment['FANFARE_CHANNELS']);
  if (fromFile === undefined && mysqlUrl === undefined) {
    const [variable] = [
      redisUrl === undefined ? [] : ['FANFARE_REDIS_URL'],
      endpoints === undefined ? [] : ['FANFARE_ROCKETMQ_ENDPOINTS'],
      nameServers === undefined ? [] : ['FANFARE_ROCKETMQ_NAME_SERVERS'],
      roles === undefined ? [] : ['FANFARE_ROLES'],
      channels === undefined ? [] : ['FANFARE_CHANNELS'],
    ].flat();
    if (variable !== undefined) throw needsCluster(variable);
    return undefined;
  }
  const file = isObject(fromFile) ? fromFile : {};
  if (fromFile !== undefined && !isObject(fromFile)) return fromFile; // the schema says what is wrong
  return {
    ...file,
    ...(mysqlUrl === undefined ? {} : { mysql: { ...objectOf(file['mysql']), url: mysqlUrl } }),
    ...(redisUrl === undefined ? {} : { redis: { ...objectOf(file['redis']), url: redisUrl } }),
    ...(endpoints === undefined && nameServers === undefined
      ? {}
      : {
          rocketmq: {
            ...objectOf(file['rocketmq']),
            ...(endpoints === undefined ? {} : { endpoints }),
            ...(nameServers === undefined ? {} : { nameServers }),
          },
        }),
    ...(roles === undefined ? {} : { roles }),
    ...(channels === undefined ? {} : { channels }),
  };
}

/** Empty is as good as not set: what starts a node may name every variable. */
const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function namesIn(text: string | undefined): string[] | undefined {
  return given(text)
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

const needsCluster = (variable: string): DomainError =>
  new DomainError(
    'INVALID_CONFIG',
    `${variable} is set, but no cluster: set FANFARE_MYSQL_URL or cluster.mysql.url as well, or unset it.`,
    { variable },
  );
