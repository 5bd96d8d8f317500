import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openReader, openWriter } from '../../src/adapters/sqlite/connection.js';
import type { FileAccess } from '../../src/adapters/sqlite/sqlite-store.js';
import { Killed, type Life } from './life.js';
import { UNTHREADED } from './population.js';
import type { Sightings } from './sightings.js';

const STORE_FILE = 'fanfare.db';
/** What a killed process leaves: the file and its log. The index beside them is rebuilt from the log. */
const KEPT_FILES = [STORE_FILE, `${STORE_FILE}-wal`];

/** The state of the disk under all processes. */
export interface DiskState {
  isFull: boolean;
  /** The next commit meets a failing sync: what it wrote is there afterwards, or it is not. */
  nextSync: 'works' | 'failsAndLoses' | 'failsAndKeeps';
  /** Nothing can be opened. */
  isAway: boolean;
}

export const soundDisk = (): DiskState => ({ isFull: false, nextSync: 'works', isAway: false });

/** The files of one process: real SQLite in a folder, which is copied as it stands when the process is killed. */
export class SimulatedDisk implements FileAccess {
  /** While the books are looked at nothing goes wrong. */
  isInspected = false;
  private readonly handles: Database.Database[] = [];

  constructor(
    readonly folder: string,
    private readonly world: {
      readonly disk: DiskState;
      readonly sightings: Sightings;
      onSyncFailed(): void;
    },
    private readonly life: Life,
  ) {}

  get file(): string {
    return join(this.folder, STORE_FILE);
  }

  openWriter(file: string): Database.Database {
    if (this.world.disk.isAway || this.life.isDead) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR');
    const database = openWriter(file);
    this.handles.push(database);
    const prepare: Database.Database['prepare'] = database.prepare.bind(database);
    const commit = prepare('COMMIT');
    const ours = { run: () => this.commit(commit) };
    // The store prepares its COMMIT like any statement and only ever runs it.
    database.prepare = ((sql: string) => (sql === 'COMMIT' ? ours : prepare(sql))) as Database.Database['prepare'];
    return database;
  }

  openReader(file: string): Database.Database {
    const database = openReader(file);
    this.handles.push(database);
    return database;
  }

  startCopier(file: string, onFailed: (code: string) => void): ReturnType<FileAccess['startCopier']> {
    return UNTHREADED.startCopier(file, onFailed);
  }

  /** What is on the disk now, as a process finds it that starts in another folder. */
  copyTo(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const name of KEPT_FILES) {
      if (existsSync(join(this.folder, name))) copyFileSync(join(this.folder, name), join(folder, name));
    }
  }

  /** Takes the files away from a process that is dead; it must have come to rest. */
  closeAll(): void {
    for (const database of this.handles.splice(0)) if (database.open) database.close();
  }

  private commit(commit: Database.Statement): Database.RunResult {
    if (this.isInspected) return commit.run();
    const { disk, sightings } = this.world;
    this.passUnseen('beforeCommit');
    if (disk.isFull) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
    const { nextSync } = disk;
    disk.nextSync = 'works';
    if (nextSync !== 'works') {
      if (nextSync === 'failsAndKeeps') commit.run();
      sightings.saw(nextSync === 'failsAndKeeps' ? 'failed sync, commit kept' : 'failed sync, commit lost');
      this.world.onSyncFailed();
      throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    }
    const result = commit.run();
    this.passUnseen('afterCommit');
    return result;
  }

  /** A dead process goes on over files that nobody will look at again. */
  private passUnseen(point: 'beforeCommit' | 'afterCommit'): void {
    try {
      this.life.pass(point);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
}
