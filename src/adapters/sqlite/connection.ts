import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';
import { assert } from '../../core/assert.js';

/** SQLite's `synchronous` value for FULL. */
const SYNCHRONOUS_FULL = 2;

/**
 * Opens the writer. Full sync is set and read back at each open, because the driver's build defaults to NORMAL for an
 * existing file, and NORMAL loses acknowledged commits in a power cut. Checkpoints are ours: an automatic one hides
 * its own sync error. Erased data is overwritten (`secure_delete`). A new file is its owner's alone; SQLite gives the
 * files beside it the same mode.
 */
export function openWriter(file: string): Database.Database {
  closeSync(openSync(file, 'a', 0o600));
  const database = new Database(file, { timeout: 5_000 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 0');
  database.pragma('secure_delete = ON');
  database.pragma('cache_size = -65536');
  database.pragma('temp_store = MEMORY');
  assert(
    database.pragma('synchronous', { simple: true }) === SYNCHRONOUS_FULL,
    'the store must run with synchronous = FULL',
  );
  assert(database.pragma('journal_mode', { simple: true }) === 'wal', 'the store must run in WAL mode');
  return database;
}

/** Opens a connection that sees committed state only and cannot write. */
export function openReader(file: string): Database.Database {
  const database = new Database(file, { readonly: true, timeout: 5_000 });
  database.pragma('cache_size = -16384');
  database.pragma('temp_store = MEMORY');
  return database;
}

/** Copies the whole log into the file and empties it. False when a reader or another checkpoint was in the way. */
export function truncateLog(database: Database.Database): boolean {
  const rows = database.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[]; // shape fixed by SQLite
  return rows[0]?.busy === 0;
}
