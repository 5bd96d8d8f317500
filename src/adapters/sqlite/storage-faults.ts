/** What errors of the driver mean for whoever asked: the disk is full, the disk fails, or the file is damaged. */
import Database from 'better-sqlite3';
import { DomainError, isDomainError } from '../../core/errors.js';

/** Errors of the disk or the file, as opposed to those of one statement (a constraint, a bad value). */
export function isStorageFault(error: unknown): boolean {
  return /^SQLITE_(IOERR|FULL|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|BUSY|PROTOCOL)/.test(driverCode(error));
}

/** No space: the one fault after which the file is as it was, and the next call may succeed. */
export const isFull = (error: unknown): boolean => driverCode(error) === 'SQLITE_FULL';

/**
 * The pages of the file contradict each other, or its schema is not the one that the migrations made: our statements are
 * constants, so one that names something missing met a schema that was changed behind us.
 */
export const isDamaged = (error: unknown): boolean =>
  /^SQLITE_(CORRUPT|NOTADB)/.test(driverCode(error)) ||
  (isRefusedStatement(error) && SCHEMA_DAMAGE.test(String(error)));

const SCHEMA_DAMAGE = /no such (table|column|index|function|collation)|has no column named|malformed|unknown/;

/** SQLite could not make sense of a statement. */
const isRefusedStatement = (error: unknown): boolean => driverCode(error) === 'SQLITE_ERROR';

/** The driver's code of an error; of any other error its words. */
export const faultCode = (error: unknown): string => driverCode(error) || String(error);

/** A fault as its caller is told of it; what is none of the disk's stays as it is. */
export function toCallerError(error: unknown): unknown {
  if (isDamaged(error)) return storeDamaged(error);
  if (!isStorageFault(error)) return error;
  return isFull(error) ? storeFull(error) : unavailable(error);
}

/** A fault of the start, the driver's or the system's: nothing is open, and nothing is tried again. */
export function toOpenError(file: string, error: unknown): unknown {
  if (isRefusedStatement(error)) return storeDamaged(error); // all statements are prepared now, over a schema of ours
  if (isFull(error) || isDamaged(error)) return toCallerError(error);
  const code = isStorageFault(error) ? driverCode(error) : systemCode(error);
  if (code === 'ENOSPC') return storeFull(error);
  if (code === undefined) return error;
  return new DomainError(
    'DATA_FOLDER_UNUSABLE',
    `The store ${file} cannot be opened (${code}); check that its disk works and that this user may write to it.`,
    { file, reason: code },
    { cause: error },
  );
}

export const storeFull = (cause: unknown): DomainError =>
  new DomainError(
    'STORE_FULL',
    'The disk of the data folder is full: nothing of this request was written. Free space and try again.',
    {},
    { cause },
  );

export const unavailable = (cause: unknown): DomainError =>
  new DomainError(
    'STORE_UNAVAILABLE',
    'The data folder could not be written safely; the store is being reopened. Ask for the outcome by its key, or try again.',
    {},
    { cause },
  );

export const storeDamaged = (cause: unknown): DomainError =>
  new DomainError(
    'STORE_CORRUPT',
    'The store was damaged on disk, and this request met the damage. Stop the server, run "fanfare audit" and follow docs/OPERATING.md.',
    { what: 'the store' },
    { cause },
  );

/** As ENOSPC or EROFS; undefined for errors that are not the system's. */
const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;

function driverCode(error: unknown): string {
  return !isDomainError(error) && error instanceof Database.SqliteError ? error.code : '';
}
