import { crc32 } from 'node:zlib';
import { DomainError } from '../../core/errors.js';

/** Check sum of a row's bytes, bound to the row's id so that a right blob in the wrong row is seen too. */
export const checksum = (bytes: Uint8Array, rowId: number): number => crc32(bytes, rowId % 2 ** 32);

/** @throws DomainError `STORE_CORRUPT` naming what was read when its bytes are not those that were written. */
export function verifyChecksum(
  bytes: Uint8Array,
  options: { readonly rowId: number; readonly crc: number; readonly what: string },
): void {
  if (checksum(bytes, options.rowId) === options.crc) return;
  throw new DomainError(
    'STORE_CORRUPT',
    `${options.what} was damaged on disk (its check sum does not match). Run "fanfare audit" and restore the row from a backup.`,
    { what: options.what },
  );
}
