import Database from 'better-sqlite3';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../core/errors.js';
import { faultCode, toOpenError } from './storage-faults.js';

export interface FolderLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Holds a data folder for this process. The lock is an operating-system lock on `lock.db`, kept by an open exclusive
 * transaction, so it ends with the process however that ends: a lock found free is proof that its holder is dead.
 * @throws DomainError `DATA_FOLDER_LOCKED` naming the process that holds it; as the store does when the disk fails.
 */
export function lockFolder(folder: string): FolderLock {
  const lockFile = join(folder, 'lock.db');
  const ownerFile = join(folder, 'owner.pid');
  let database: Database.Database | undefined;
  try {
    makePrivate(lockFile);
    database = new Database(lockFile, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (!faultCode(cause).startsWith('SQLITE_BUSY')) throw toOpenError(lockFile, cause);
    const owner = readOwner(ownerFile);
    throw new DomainError(
      'DATA_FOLDER_LOCKED',
      `The data folder ${folder} is in use by ${owner ?? 'another process'}; stop it, or name another folder with --data.`,
      { folder, owner },
      { cause },
    );
  }
  noteOwner(ownerFile);
  return {
    release: () => {
      if (database.open) database.close();
    },
  };
}

/** SQLite would make it readable for everybody. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch {
    // SQLite meets the same trouble next, and names it.
  }
}

function noteOwner(file: string): void {
  try {
    writeFileSync(file, `process ${process.pid}\n`, { mode: 0o600 });
  } catch {
    // A full disk: the lock holds all the same.
  }
}

function readOwner(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined; // the owner is only named for people; the lock itself does not need it
  }
}
