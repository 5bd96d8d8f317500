import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import type { EngineStore } from '../../src/compose.js';
import { withNames, type ColumnNames } from './column-names.js';
import { ManualClock } from './manual-clock.js';
import { sharedMysqlStore } from './shared-mysql.js';
import { querySqlite, temporarySqliteStore } from './temporary-sqlite.js';

/** An empty store of its own for a test of a use case. */
export interface TemporaryStore {
  readonly store: EngineStore;
  readonly clock: ManualClock;
  /** Another store over the same data, as after a restart. */
  readonly openAgain: () => Promise<EngineStore>;
  /**
   * A statement beside the store, in words that every dialect knows. `{event.key}` and `{group.cursor}` stand for
   * columns that are not called the same everywhere.
   */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  /** Every row of every table, as text. */
  readonly rows: () => Promise<Readonly<Record<string, string>>>;
  /** All that is kept: the bytes of the files, with what is deleted and not yet overwritten; of a server the rows. */
  readonly kept: () => Promise<string>;
  /** Closes what was opened, holds the events against their contract and leaves nothing. */
  readonly remove: () => Promise<void>;
}

/**
 * A real store: the embedded one in `npm test`, MySQL in the second project of `npm run test:cluster`. What a test shows
 * holds over both.
 */
export function temporaryStore(clock = new ManualClock()): Promise<TemporaryStore> {
  const databases = inject('mysqlDatabases');
  return databases === undefined ? Promise.resolve(embedded(clock)) : sharedMysqlStore(databases, clock);
}

const NAMES: ColumnNames = { '{event.key}': 'key', '{group.cursor}': 'cursor' };

function embedded(clock: ManualClock): TemporaryStore {
  const { store, file, folder, remove } = temporarySqliteStore(clock);
  const later: SqliteStore[] = [];
  return {
    store,
    clock,
    openAgain: () => {
      const again = new SqliteStore({ file, clock });
      later.push(again);
      return Promise.resolve(again);
    },
    query: (sql, values) => Promise.resolve(querySqlite(file, withNames(sql, NAMES), values)),
    rows: () => Promise.resolve(rowsOf(file)),
    kept: () => Promise.resolve(bytesBelow(folder)),
    remove: async () => {
      for (const again of later) await again.close();
      await remove();
    },
  };
}

function rowsOf(file: string): Record<string, string> {
  const tables = querySqlite(file, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  return Object.fromEntries(
    tables.map(({ name }) => [String(name), JSON.stringify(querySqlite(file, `SELECT * FROM "${String(name)}"`))]),
  );
}

/** As UTF-8 where the bytes are text. */
const bytesBelow = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
