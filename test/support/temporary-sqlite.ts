import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { checkAppendedEvents, type EventRow } from './appended-events.js';
import { ManualClock } from './manual-clock.js';

/**
 * A real embedded store in a folder of its own; `remove` closes it, holds its events against their contract and deletes
 * the folder. A test of a use case takes `temporaryStore`, unless it needs the file.
 */
export function temporarySqliteStore(clock = new ManualClock()) {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-test-'));
  const file = join(folder, 'fanfare.db');
  const store = new SqliteStore({ file, clock });
  return {
    store,
    folder,
    file,
    clock,
    remove: async (): Promise<void> => {
      await store.close();
      try {
        checkAppendedEvents(readEvents(file));
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** One statement beside the store. */
export function querySqlite(file: string, sql: string, values: readonly unknown[] = []): Record<string, unknown>[] {
  const database = new Database(file);
  try {
    const statement = database.prepare<unknown[], Record<string, unknown>>(sql);
    if (statement.reader) return statement.all(...values);
    statement.run(...values);
    return [];
  } finally {
    database.close();
  }
}

/** Nothing of a file that a test has damaged. */
function readEvents(file: string): readonly EventRow[] {
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true });
    try {
      return database.prepare<[], EventRow>('SELECT topic, key, body FROM event').all();
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return [];
    throw error;
  }
}
