/**
 * The one reader of configuration: a JSON file and the environment, checked at start, frozen afterwards.
 * Order of strength: options of the command line, environment, file, defaults. docs/OPERATING.md lists every key.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { memberApiSchema } from './access/member-api-config.js';
import { clusterSchema, withClusterEnvironment } from './cluster-config.js';
import { DomainError } from './core/errors.js';
import { isTimeZone } from './core/time.js';
import { incomingSchema } from './events/incoming/incoming-config.js';
import { isRegion } from './membership/phone-number.js';
import { channelsSchema } from './push/config/channel-config.js';
import { parseSettings } from './settings/parse-settings.js';
import type { ReadSecret } from './settings/secret.js';

export const CONFIG_FILE = 'fanfare.config.json';
export const DEFAULT_PORT = 7070;

export const configSchema = z.strictObject({
  server: z
    .strictObject({
      /** Address to listen on. Anything but loopback needs API keys. */
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(DEFAULT_PORT),
      /** Names by which the server may be called, beside IP addresses and localhost. */
      allowedHosts: z
        .array(
          z
            .string()
            .regex(/^[^:/?#@\s]+$/, 'not a name alone, without scheme and port')
            .toLowerCase(),
        )
        .default([]),
      /** Ask for API keys on loopback too. */
      areKeysRequired: z.boolean().default(false),
      /** Address under which members reach this server, for unsubscribe links. */
      publicUrl: z.url({ protocol: /^https?$/ }).optional(),
    })
    .prefault({}),
  members: z
    .strictObject({
      /** Region of phone numbers written without a country code, as ISO 3166: `CN`, `US`. */
      defaultPhoneRegion: z.string().refine(isRegion, 'not a region of ISO 3166, as CN').default('CN'),
    })
    .prefault({}),
  texts: z
    .strictObject({
      /** Language of texts that Fanfare writes into messages, such as an offer in words. */
      language: z.enum(['zh-CN', 'en']).default('zh-CN'),
      /** Time zone in which messages show the times of a promotion. */
      timeZone: z.string().refine(isTimeZone, 'not an IANA time zone, as Asia/Shanghai').default('Asia/Shanghai'),
    })
    .prefault({}),
  /** Tokens of members' own apps; absent = `/v1/me/…` answers MEMBER_API_OFF. */
  memberApi: memberApiSchema.optional(),
  channels: channelsSchema.prefault({}),
  /** A node among others, over servers that they share; absent = one process with everything in its data folder. */
  cluster: clusterSchema.optional(),
  events: z
    .strictObject({
      /** Topics of other systems, by name, and how their messages are read; docs/EVENTS.md. */
      incoming: incomingSchema.default({}),
    })
    .prefault({}),
});

export type Config = Readonly<z.output<typeof configSchema>> & {
  /** Where everything is kept: absolute path. */
  readonly dataFolder: string;
};

/** What a command line may set; undefined = not given. */
export interface ConfigOptions {
  readonly dataFolder?: string | undefined;
  readonly configFile?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** @throws DomainError `INVALID_CONFIG` naming the key, what is wrong and the nearest known key. */
export function loadConfig(options: ConfigOptions = {}, environment: NodeJS.ProcessEnv = process.env): Config {
  const dataFolder = resolve(options.dataFolder ?? environment['FANFARE_DATA'] ?? 'data');
  const file = options.configFile ?? environment['FANFARE_CONFIG'] ?? join(dataFolder, CONFIG_FILE);
  const isNamed = options.configFile !== undefined || environment['FANFARE_CONFIG'] !== undefined;
  const fromFile = readConfigFile(file, isNamed);
  const config = parseSettings(configSchema, withCluster(fromFile, environment), file);
  const port = options.port ?? portOf(environment['FANFARE_PORT']) ?? config.server.port;
  const host = options.host ?? environment['FANFARE_HOST'] ?? config.server.host;
  return Object.freeze({ ...config, server: { ...config.server, host, port }, dataFolder });
}

/** The file's settings with those of the environment that make this a node of a cluster. */
function withCluster(fromFile: unknown, environment: NodeJS.ProcessEnv): unknown {
  if (typeof fromFile !== 'object' || fromFile === null || Array.isArray(fromFile)) return fromFile;
  const cluster = withClusterEnvironment('cluster' in fromFile ? fromFile.cluster : undefined, environment);
  return cluster === undefined ? fromFile : { ...fromFile, cluster };
}

/** Reads secrets where their references point. */
export function secretReader(environment: NodeJS.ProcessEnv = process.env): ReadSecret {
  return (reference) => {
    if ('env' in reference) {
      const value = environment[reference.env];
      if (value !== undefined && value !== '') return value;
      throw new DomainError(
        'INVALID_CONFIG',
        `The environment variable ${reference.env} is not set; it should hold a secret.`,
        {
          env: reference.env,
        },
      );
    }
    try {
      return readFileSync(reference.file, 'utf8').replace(/\r?\n$/, '');
    } catch (cause) {
      throw new DomainError(
        'INVALID_CONFIG',
        `The secret's file ${reference.file} cannot be read; check that it exists and that this user may read it.`,
        { file: reference.file },
        { cause },
      );
    }
  };
}

function readConfigFile(file: string, isNamed: boolean): unknown {
  if (!existsSync(file)) {
    if (!isNamed) return {};
    throw new DomainError('INVALID_CONFIG', `The configuration file ${file} does not exist; check its name.`, { file });
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new DomainError('INVALID_CONFIG', `${file} is not JSON: ${String(cause)}`, { file }, { cause });
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new DomainError('INVALID_CONFIG', `FANFARE_PORT is ${text}; a port is a whole number from 0 to 65535.`, {
    text,
  });
}
