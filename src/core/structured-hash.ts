import { createHash } from 'node:crypto';

/**
 * SHA-256 over parts that cannot run into each other: each is hashed after its own byte length, so that
 * ("a", "bc") and ("ab", "c") differ. The key of everything that must be recognised when it comes again.
 */
export function structuredHash(parts: readonly (string | number)[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(String(part), 'utf8');
    const length = Buffer.alloc(5);
    length.writeUInt8(typeof part === 'number' ? 1 : 0, 0);
    length.writeUInt32BE(bytes.length, 1);
    hash.update(length).update(bytes);
  }
  return new Uint8Array(hash.digest());
}

export const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
