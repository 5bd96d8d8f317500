import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';
import { assert } from '../../core/assert.js';

/** How long a statement waits for a lock that another process holds, a backup's for example. */
const BUSY_MS = 5_000;
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
  const database = new Database(file, { timeout: BUSY_MS });
  try {
    setUpWriter(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function setUpWriter(database: Database.Database): void {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 0');
  database.pragma('secure_delete = ON');
  database.pragma('cache_size = -32768');
  database.pragma('temp_store = MEMORY');
  assert(
    database.pragma('synchronous', { simple: true }) === SYNCHRONOUS_FULL,
    'the store must run with synchronous = FULL',
  );
  assert(database.pragma('journal_mode', { simple: true }) === 'wal', 'the store must run in WAL mode');
}

/** Opens a connection that sees committed state only and cannot write. */
export function openReader(file: string): Database.Database {
  const database = new Database(file, { readonly: true, timeout: BUSY_MS });
  database.pragma('cache_size = -16384');
  database.pragma('temp_store = MEMORY');
  return database;
}

interface CheckpointRow {
  readonly busy: number;
  /** Frames (pages) in the log. */
  readonly log: number;
}

/**
 * Copies the log into the file and empties it. False when a reader or another checkpoint was in the way: it waits for
 * none of them, because everybody would wait with it for as long as a backup takes.
 */
export const truncateLog = (database: Database.Database): boolean => checkpoint(database, 'TRUNCATE').busy === 0;

/**
 * Copies the whole log into the file; the next commit begins it again from its start. The log keeps its size and what
 * stands in it: to write over pages that the file has costs a third of growing it again (1,000 new members: 0.23 ms
 * against 1.08). False as with `truncateLog`.
 */
export const restartLog = (database: Database.Database): boolean => checkpoint(database, 'RESTART').busy === 0;

/** Pages that the log holds. About 1 µs. */
export const logFrames = (database: Database.Database): number => checkpoint(database, 'NOOP').log;

function checkpoint(database: Database.Database, mode: 'NOOP' | 'RESTART' | 'TRUNCATE'): CheckpointRow {
  if (mode !== 'NOOP') database.pragma('busy_timeout = 0');
  try {
    const [row] = database.pragma(`wal_checkpoint(${mode})`) as CheckpointRow[]; // shape fixed by SQLite
    assert(row !== undefined, 'a checkpoint answers with one row');
    return row;
  } finally {
    if (mode !== 'NOOP') database.pragma(`busy_timeout = ${BUSY_MS}`);
  }
}
