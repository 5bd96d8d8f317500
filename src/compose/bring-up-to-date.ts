/** The tables of a store brought to this program's version by themselves, before anything is started on them. */
import { withDatabaseSchema } from '../adapters/mysql/database-schema.js';
import { openReader, openWriter } from '../adapters/sqlite/connection.js';
import { lockFolder } from '../adapters/sqlite/folder-lock.js';
import { migrate, pendingSteps } from '../adapters/sqlite/migrate.js';
import { systemRandom } from '../adapters/system/system-random.js';
import { storeFileIn } from './embedded.js';

/** A store that is not open here. */
export type StoreAddress = { readonly mysqlUrl: string } | { readonly dataFolder: string };

interface Step {
  readonly number: number;
  readonly name: string;
}

export interface MigrationReport {
  /** Steps that this call did. */
  readonly done: readonly Step[];
  /** Steps that are left to do. */
  readonly pending: readonly Step[];
}

/**
 * Does the steps that the store has not seen, or with `isCheck` only names them. Safe from several at once: over MySQL
 * they wait for each other.
 * @throws DomainError `STORE_TOO_NEW`, `STORE_UNAVAILABLE`, `INVALID_CONFIG`; of a folder `DATA_FOLDER_LOCKED` while it
 *   is served, `DATA_FOLDER_UNUSABLE`.
 */
export async function bringUpToDate(
  store: StoreAddress,
  { isCheck }: { readonly isCheck: boolean },
): Promise<MigrationReport> {
  if ('dataFolder' in store) return bringFolderUpToDate(store.dataFolder, isCheck);
  return withDatabaseSchema(store.mysqlUrl, async (schema) =>
    isCheck
      ? { done: [], pending: (await schema.pending()).map(toStep) }
      : { done: (await schema.migrate(systemRandom)).map(toStep), pending: [] },
  );
}

function bringFolderUpToDate(folder: string, isCheck: boolean): MigrationReport {
  const file = storeFileIn(folder);
  const lock = lockFolder(folder);
  try {
    const database = isCheck ? openReader(file) : openWriter(file);
    try {
      const pending = pendingSteps(database).map(toStep);
      if (isCheck) return { done: [], pending };
      migrate(database);
      return { done: pending, pending: [] };
    } finally {
      database.close();
    }
  } finally {
    lock.release();
  }
}

const toStep = ({ number, name }: Step): Step => ({ number, name });
