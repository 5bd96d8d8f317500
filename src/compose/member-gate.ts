/** How members' own apps are let in, by the configuration. */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { readFile } from 'node:fs/promises';
import type { MemberApiConfig } from '../access/member-api-config.js';
import { MemberRate } from '../access/member-rate.js';
import { MemberTokens } from '../access/member-tokens.js';
import { RemoteKeySet } from '../adapters/jwks/remote-key-set.js';
import { DomainError } from '../core/errors.js';
import type { Clock } from '../core/ports/clock.js';
import type { MemberGate } from '../http/member-gate.js';
import type { ReadSecret } from '../settings/secret.js';

/** HS256 needs a key as long as its hash (RFC 7518, 3.2). */
const MIN_SECRET_BYTES = 32;

interface KeySource {
  readonly algorithms: readonly string[];
  readonly keyOf: JWTVerifyGetKey;
}

/**
 * Undefined where it is not configured.
 * @throws DomainError `INVALID_CONFIG` for a secret that is too short or a file that holds no keys.
 */
export async function openMemberGate(
  config: MemberApiConfig | undefined,
  { clock, readSecret }: { readonly clock: Clock; readonly readSecret: ReadSecret },
): Promise<MemberGate | undefined> {
  if (config === undefined) return undefined;
  const { keyOf, algorithms } = await openKeys(config.keys, { clock, readSecret });
  return {
    tokens: new MemberTokens({ clock, keyOf, rules: { ...config, algorithms } }),
    rate: new MemberRate({ clock, requestsPerMinute: config.requestsPerMinute }),
    allowedOrigins: config.allowedOrigins,
  };
}

async function openKeys(
  keys: MemberApiConfig['keys'],
  { clock, readSecret }: { readonly clock: Clock; readonly readSecret: ReadSecret },
): Promise<KeySource> {
  switch (keys.kind) {
    case 'jwksUrl':
      return { algorithms: keys.algorithms, keyOf: new RemoteKeySet({ url: keys.url, clock }).keyOf };
    case 'jwksFile':
      return { algorithms: keys.algorithms, keyOf: await readKeyFile(keys.file) };
    case 'secret': {
      const secret = new TextEncoder().encode(readSecret(keys.secret));
      if (secret.length < MIN_SECRET_BYTES) {
        throw new DomainError(
          'INVALID_CONFIG',
          `memberApi.keys.secret: the secret has ${secret.length} bytes; HS256 needs at least ${MIN_SECRET_BYTES}.`,
        );
      }
      return { algorithms: ['HS256'], keyOf: () => secret };
    }
  }
}

async function readKeyFile(file: string): Promise<JWTVerifyGetKey> {
  try {
    return createLocalJWKSet(JSON.parse(await readFile(file, 'utf8')) as JSONWebKeySet); // which checks it
  } catch (cause) {
    throw new DomainError(
      'INVALID_CONFIG',
      `memberApi.keys.file: ${file} holds no JWKS ({"keys": [...]}) that can be read.`,
      { file },
      { cause },
    );
  }
}
