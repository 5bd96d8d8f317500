import Database from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../core/errors.js';

export interface FolderLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Holds a data folder for this process. The lock is an operating-system lock on `lock.db`, kept by an open exclusive
 * transaction, so it ends with the process however that ends: a lock found free is proof that its holder is dead.
 * @throws DomainError `DATA_FOLDER_LOCKED` naming the process that holds it.
 */
export function lockFolder(folder: string): FolderLock {
  const database = new Database(join(folder, 'lock.db'), { timeout: 0 });
  const ownerFile = join(folder, 'owner.pid');
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    const owner = readOwner(ownerFile);
    throw new DomainError(
      'DATA_FOLDER_LOCKED',
      `The data folder ${folder} is in use by ${owner ?? 'another process'}; stop it, or name another folder with --data.`,
      { folder, owner },
      { cause },
    );
  }
  writeFileSync(ownerFile, `process ${process.pid}\n`, { mode: 0o600 });
  return {
    release: () => {
      if (database.open) database.close();
    },
  };
}

function readOwner(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined; // the owner is only named for people; the lock itself does not need it
  }
}
