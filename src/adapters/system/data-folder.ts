import { accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../core/errors.js';

/** Files of ours that hold data, or tell who works on it. */
const OWN_FILES = /^(fanfare\.db|lock\.db)(-wal|-shm|-journal)?$|^owner\.pid$/;
/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/**
 * Makes sure that a data folder is there, ours alone and writable. A folder that was made by hand, or copied back from a
 * backup, is closed to others; so are the files in it that are ours.
 * @throws DomainError `DATA_FOLDER_UNUSABLE` saying which folder and why.
 */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeToOthers(folder);
    for (const name of readdirSync(folder)) if (OWN_FILES.test(name)) closeToOthers(join(folder, name));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new DomainError(
      'DATA_FOLDER_UNUSABLE',
      `The data folder ${folder} cannot be used (${reason}); name a folder that you may write to with --data.`,
      { folder, reason },
      { cause },
    );
  }
}

function closeToOthers(path: string): void {
  const { mode, uid } = statSync(path);
  const isOurs = process.getuid === undefined || process.getuid() === 0 || process.getuid() === uid;
  if ((mode & OTHERS) !== 0 && isOurs) chmodSync(path, mode & 0o700);
}
