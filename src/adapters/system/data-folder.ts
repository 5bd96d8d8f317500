import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { DomainError } from '../../core/errors.js';

/**
 * Makes sure that a data folder is there, ours alone and writable.
 * @throws DomainError `DATA_FOLDER_UNUSABLE` saying which folder and why.
 */
export function prepareDataFolder(folder: string): void {
  try {
    const isNew = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
    if (isNew) chmodSync(folder, 0o700);
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
