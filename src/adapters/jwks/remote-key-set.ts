/**
 * The shop's public keys by URL (JWKS, RFC 7517), so that it can turn to a new key without telling anybody.
 *
 *   kept for 10 minutes; read again sooner when a token names a key that is not there, but at most every 30 seconds,
 *   so that made-up names cost nobody anything; one reading at a time, for all who wait; when it fails, the keys of the
 *   last 24 hours still hold, and the next try is 5 seconds later.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { request } from 'undici';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/time.js';

const FRESH_MS = 10 * MINUTE_MS;
const USABLE_MS = 24 * HOUR_MS;
const UNKNOWN_KEY_EVERY_MS = 30 * SECOND_MS;
const FAILED_EVERY_MS = 5 * SECOND_MS;
const TIMEOUT_MS = 3 * SECOND_MS;
const MAX_BYTES = 256 * 1024;

type KeyLookUp = ReturnType<typeof createLocalJWKSet>;

export class RemoteKeySet {
  private known: { readonly lookUp: KeyLookUp; readonly readAtMs: number } | undefined;
  private reading: Promise<void> | undefined;
  private failedAtMs = -Infinity;

  constructor(private readonly deps: { readonly url: string; readonly clock: Pick<Clock, 'monotonicMs'> }) {}

  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (this.ageMs() >= FRESH_MS) await this.read();
    try {
      return await this.lookUp()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.ageMs() < UNKNOWN_KEY_EVERY_MS) throw error;
      await this.read();
      return this.lookUp()(header, token);
    }
  };

  private ageMs(): number {
    return this.known === undefined ? Infinity : this.deps.clock.monotonicMs() - this.known.readAtMs;
  }

  private lookUp(): KeyLookUp {
    if (this.known !== undefined && this.ageMs() < USABLE_MS) return this.known.lookUp;
    throw new DomainError(
      'TOKEN_KEYS_UNAVAILABLE',
      "The keys that members' tokens are checked by cannot be read; try again, and look at memberApi.keys.",
    );
  }

  /** Never rejects: what is known decides then. */
  private read(): Promise<void> {
    const { clock, url } = this.deps;
    if (clock.monotonicMs() - this.failedAtMs < FAILED_EVERY_MS) return Promise.resolve();
    this.reading ??= fetchKeys(url)
      .then(
        (lookUp) => {
          this.known = { lookUp, readAtMs: clock.monotonicMs() };
        },
        () => {
          this.failedAtMs = clock.monotonicMs();
        },
      )
      .finally(() => (this.reading = undefined));
    return this.reading;
  }
}

/** Follows no redirect: keys come from where the operator said. */
async function fetchKeys(url: string): Promise<KeyLookUp> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { statusCode, body } = await request(url, { signal, headers: { accept: 'application/json' } });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer; // undici bodies are byte streams
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BYTES) throw new Error('larger than any set of keys');
    chunks.push(bytes);
  }
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  return createLocalJWKSet(JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet); // which checks it
}
