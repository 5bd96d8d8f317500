import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { assert } from '../core/assert.js';

/** A secret with the number that tokens name it by. */
export interface MacKey {
  /** 0 to 255, never given to another secret. */
  readonly id: number;
  /** At least 32 random bytes. */
  readonly secret: Uint8Array;
}

/** The key new tokens are made with, and those whose tokens are still taken. */
export interface MacKeys {
  readonly current: MacKey;
  readonly previous: readonly MacKey[];
}

export const MIN_SECRET_BYTES = 32;

/**
 * A key per use: tokens of one kind say nothing about tokens of another made from the same secret.
 * (HMAC as key derivation: NIST SP 800-108.)
 */
export function deriveKeys(keys: MacKeys, use: string): ReadonlyMap<number, KeyObject> {
  const derived = new Map<number, KeyObject>();
  for (const { id, secret } of [keys.current, ...keys.previous]) {
    assert(Number.isInteger(id) && id >= 0 && id <= 255, `a key id is a byte, not ${id}`);
    assert(secret.byteLength >= MIN_SECRET_BYTES, `key ${id} has at least ${MIN_SECRET_BYTES} bytes`);
    assert(!derived.has(id), `key id ${id} is given once`);
    derived.set(id, createSecretKey(createHmac('sha256', secret).update(use).digest()));
  }
  return derived;
}
