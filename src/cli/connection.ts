import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ApiClientOptions } from './api-client.js';
import { UsageError } from './cli-errors.js';
import { FAILURE_TEXT } from './text/general-text.js';

const DEFAULT_URL = 'http://127.0.0.1:7070';

export interface ConnectionSources {
  readonly url: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of the machine's user; undefined where it has none. */
  readonly userName: string | undefined;
}

/** Where the server is and who asks. @throws UsageError */
export function readConnection(sources: ConnectionSources): Omit<ApiClientOptions, 'signal'> {
  const { environment } = sources;
  return {
    url: readUrl(sources.url ?? nonEmpty(environment['FANFARE_URL']) ?? DEFAULT_URL),
    apiKey: readKey(sources),
    operator: nonEmpty(environment['FANFARE_OPERATOR']) ?? sources.userName,
  };
}

/** True where a key sent over this address could be read on its way. */
export function isKeyInTheClear({ url, apiKey }: Pick<ApiClientOptions, 'url' | 'apiKey'>): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  return apiKey !== undefined && url.protocol === 'http:' && !isLoopback;
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isGood =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (isGood) return url;
  throw new UsageError(FAILURE_TEXT.badUrl(url === undefined ? text : withoutCredentials(url)));
}

function withoutCredentials(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

function readKey({ apiKeyFile, environment }: ConnectionSources): string | undefined {
  const key = apiKeyFile === undefined ? nonEmpty(environment['FANFARE_API_KEY'])?.trim() : readKeyFile(apiKeyFile);
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new UsageError(FAILURE_TEXT.badKey);
  return key;
}

function readKeyFile(file: string): string {
  let key = '';
  try {
    key = readFileSync(file, 'utf8').trim();
  } catch {
    // said below, like an empty one
  }
  if (key === '') throw new UsageError(FAILURE_TEXT.keyFile(file));
  return key;
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
