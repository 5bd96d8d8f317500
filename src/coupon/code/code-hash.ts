import { createHmac } from 'node:crypto';
import { readCode, type CanonicalCode } from './coupon-code.js';

/** Of each code that is kept: by far enough that no two meet. */
export const CODE_HASH_BYTES = 16;

/** What the store knows a code by: who reads the store without the key cannot tell codes, nor try them out. */
export type CodeHasher = (code: CanonicalCode) => Uint8Array;

export const codeHasher =
  (key: Uint8Array): CodeHasher =>
  (code) =>
    new Uint8Array(createHmac('sha256', key).update(code).digest()).subarray(0, CODE_HASH_BYTES);

/** Of what was typed. What cannot be a code has the hash of none, so that it takes the same work to refuse. */
export const hashTyped = (hash: CodeHasher, typed: string): Uint8Array => hash(readCode(typed) ?? '');
