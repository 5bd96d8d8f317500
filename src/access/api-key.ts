/**
 * Keys of programs that call the API: `ffk_` and 256 random bits in base64url. Stored is the SHA-256 of the secret
 * only: with that much entropy a plain hash cannot be searched, and looking it up needs no constant-time comparison.
 */
import { createHash } from 'node:crypto';
import { DomainError } from '../core/errors.js';
import type { Random } from '../core/ports/random.js';
import { MINUTE_MS, type EpochMs } from '../core/time.js';
import type { AccessTx, ApiKey } from './api-key-repository.js';
import { SCOPES, type Scope } from './scope.js';

export const SECRET_PREFIX = 'ffk_';
const SECRET_BYTES = 32;
const KEY_ID_BYTES = 8;
const SECRET_SHAPE = /^ffk_[A-Za-z0-9_-]{43}$/;
const MAX_NAME_CHARACTERS = 64;
/** The time of last use is this exact; it is not worth a write per request. */
const LAST_USE_PRECISION_MS = MINUTE_MS;

export interface CreateApiKey {
  /** What it is for, such as `nightly import`. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: EpochMs | undefined;
  readonly createdBy: string;
}

/**
 * Makes a key. The secret is in the answer and nowhere else: it cannot be shown again.
 * @throws DomainError `INVALID_INPUT`.
 */
export async function createApiKey(
  tx: AccessTx,
  { now, random }: { readonly now: EpochMs; readonly random: Random },
  command: CreateApiKey,
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  checkNewKey(command, now);
  const secret = SECRET_PREFIX + Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url');
  const key: ApiKey = {
    id: Buffer.from(random.bytes(KEY_ID_BYTES)).toString('hex'),
    name: command.name.trim(),
    scopes: SCOPES.filter((scope) => command.scopes.includes(scope)),
    createdAt: now,
    createdBy: command.createdBy,
    expiresAt: command.expiresAt,
    lastUsedAt: undefined,
    revokedAt: undefined,
  };
  await tx.apiKeys.insert(key, hashSecret(secret));
  return { key, secret };
}

/** Ends a key at once. Safe to repeat. @throws DomainError `NOT_FOUND`. */
export async function revokeApiKey(tx: AccessTx, now: EpochMs, id: string): Promise<ApiKey> {
  const key = await tx.apiKeys.find(id);
  if (key === undefined) {
    throw new DomainError('NOT_FOUND', `There is no API key ${id}; list the keys to see their ids.`, { keyId: id });
  }
  if (key.revokedAt !== undefined) return key;
  await tx.apiKeys.markRevoked(id, now);
  return { ...key, revokedAt: now };
}

/** The key a secret belongs to, when it may be used now. */
export async function findUsableKey(tx: AccessTx, now: EpochMs, secret: string): Promise<ApiKey | undefined> {
  if (!SECRET_SHAPE.test(secret)) return undefined;
  const key = await tx.apiKeys.findBySecretHash(hashSecret(secret));
  return key !== undefined && isUsable(key, now) ? key : undefined;
}

export const isUsable = (key: ApiKey, now: EpochMs): boolean =>
  key.revokedAt === undefined && (key.expiresAt === undefined || now < key.expiresAt);

/** True when the stored time of last use is old enough to be renewed. */
export const isLastUseStale = (key: ApiKey, now: EpochMs): boolean =>
  key.lastUsedAt === undefined || now - key.lastUsedAt >= LAST_USE_PRECISION_MS;

const hashSecret = (secret: string): Uint8Array => new Uint8Array(createHash('sha256').update(secret).digest());

function checkNewKey(command: CreateApiKey, now: EpochMs): void {
  const name = command.name.trim();
  if (name.length === 0 || name.length > MAX_NAME_CHARACTERS || /\p{Cc}/u.test(name)) {
    throw new DomainError(
      'INVALID_INPUT',
      `A key's name has 1 to ${MAX_NAME_CHARACTERS} characters; say what it is for.`,
      {
        field: 'name',
      },
    );
  }
  if (command.scopes.length === 0) {
    throw new DomainError('INVALID_INPUT', `Give the key at least one scope: ${SCOPES.join(', ')}.`, {
      field: 'scopes',
    });
  }
  if (command.expiresAt !== undefined && command.expiresAt <= now) {
    throw new DomainError('INVALID_INPUT', 'The key would have expired already; choose a later instant.', {
      field: 'expiresAt',
    });
  }
}
