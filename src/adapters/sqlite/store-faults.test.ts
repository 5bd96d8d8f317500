/** What the store does when its disk fails, with faults put between it and the driver. Real disks: test/crash. */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../system/system-clock.js';
import { openReader, openWriter } from './connection.js';
import { SqliteStore, type FileAccess, type StoreEvent } from './sqlite-store.js';
import { ThreadedLogCopier } from './threaded-log-copier.js';

const SOMETHING = Uint8Array.of(7);
const IO_ERROR = 'SQLITE_IOERR_FSYNC';

describe('the store on a disk that fails', () => {
  let folder: string;
  let file: string;
  let store: SqliteStore;
  let events: StoreEvent[];
  let failingCommits: string[];
  let failingOpenings: number;
  let copiersStarted: number;

  const access: FileAccess = {
    openWriter: (path) => {
      if (failingOpenings > 0) {
        failingOpenings -= 1;
        throw new Database.SqliteError('unable to open database file', 'SQLITE_CANTOPEN');
      }
      const writer = openWriter(path);
      const prepare = writer.prepare.bind(writer);
      vi.spyOn(writer, 'prepare').mockImplementation((source: string) => {
        const statement = prepare(source);
        if (source !== 'COMMIT') return statement;
        const run = statement.run.bind(statement);
        vi.spyOn(statement, 'run').mockImplementation(() => {
          const code = failingCommits.shift();
          if (code !== undefined) throw new Database.SqliteError('planted', code);
          return run();
        });
        return statement;
      });
      return writer;
    },
    openReader,
    startCopier: (path, onFailed) => {
      copiersStarted += 1;
      return new ThreadedLogCopier(path, onFailed);
    },
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-faults-'));
    file = join(folder, 'fanfare.db');
    events = [];
    failingCommits = [];
    failingOpenings = 0;
    copiersStarted = 0;
    store = new SqliteStore({ file, clock: systemClock, access, onEvent: (event) => events.push(event) });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string) => store.transaction((tx) => tx.facts.keepFirst(name, SOMETHING));
  const isThere = async (name: string): Promise<boolean> =>
    (await store.read((tx) => tx.facts.read(name))) !== undefined;
  const isBack = () => vi.waitFor(() => expect(store.isAvailable).toBe(true), { timeout: 10_000, interval: 10 });

  it('refuses writes after a failed sync until the file was opened again, and reads all along', async () => {
    await write('before');
    failingCommits = [IO_ERROR];
    failingOpenings = 3;
    await expect(write('failed')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(store.isAvailable).toBe(false);
    await expect(write('refused')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await isThere('before')).toBe(true);
    expect(await isThere('failed')).toBe(false);
    await isBack();
    await write('after');
    expect(failingOpenings).toBe(0);
    expect([await isThere('before'), await isThere('failed'), await isThere('after')]).toEqual([true, false, true]);
    expect(events).toEqual([{ kind: 'store.poisoned', code: IO_ERROR }, { kind: 'store.reopened' }]);
    expect(copiersStarted, 'threads of attempts that failed').toBe(2);
  });

  it('tells nobody of a group that it is done when the commit of the group fails', async () => {
    failingCommits = [IO_ERROR];
    const asked = ['a', 'b', 'c'].map(write);
    for (const answer of await Promise.allSettled(asked)) expect(answer.status).toBe('rejected');
    await isBack();
    for (const name of ['a', 'b', 'c']) expect(await isThere(name)).toBe(false);
  });

  it('is full without being closed: refuses the group, and takes the next one', async () => {
    failingCommits = ['SQLITE_FULL'];
    await expect(write('too much')).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(store.isAvailable).toBe(true);
    await write('after');
    expect([await isThere('too much'), await isThere('after')]).toEqual([false, true]);
    expect(events).toEqual([{ kind: 'store.full' }]);
  });

  it('comes back when it cannot be opened again after a body that had to be stopped', async () => {
    failingOpenings = 2;
    const stray = store.transaction(() => after(50));
    const behind = write('behind');
    await expect(stray).rejects.toThrow(/waited for something other/);
    await expect(behind).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await isBack();
    await write('after');
    expect(await isThere('after')).toBe(true);
  });

  it('closes while it is being opened again', async () => {
    failingCommits = [IO_ERROR];
    failingOpenings = 1_000;
    await expect(write('failed')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.close();
    await expect(write('late')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(isThere('late')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('refuses the body that meets damage of the file, by name, and runs the others', async () => {
    const damaged = store.transaction(() =>
      Promise.reject(new Database.SqliteError('database disk image is malformed', 'SQLITE_CORRUPT')),
    );
    const sound = write('sound');
    await expect(damaged).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await sound;
    expect(await isThere('sound')).toBe(true);
    expect(store.isAvailable).toBe(true);
    expect(events).toEqual([{ kind: 'store.damaged', code: 'SQLITE_CORRUPT' }]);
  });

  it('says at the start that a file is no store, and leaves it as it is', async () => {
    const other = join(folder, 'other.db');
    writeFileSync(other, 'This is a letter to the editor, and it is longer than the header of a store.'.repeat(20));
    expect(() => new SqliteStore({ file: other, clock: systemClock })).toThrow(/damaged on disk/);
    await write('beside it');
  });

  it('says at the start that its folder cannot be written', () => {
    expect(() => new SqliteStore({ file: join(folder, 'no', 'such', 'fanfare.db'), clock: systemClock })).toThrow(
      /cannot be opened/,
    );
  });
});

describe('what the store sets at each opening', () => {
  it('is more than the driver does by itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-settings-'));
    const file = join(folder, 'fanfare.db');
    const settings = (database: Database.Database) =>
      Object.fromEntries(
        ['synchronous', 'journal_mode', 'wal_autocheckpoint', 'secure_delete'].map((name) => [
          name,
          database.pragma(name, { simple: true }),
        ]),
      );
    const wanted = { synchronous: 2, journal_mode: 'wal', wal_autocheckpoint: 0, secure_delete: 1 };
    for (let opening = 0; opening < 3; opening++) {
      const writer = openWriter(file);
      expect(settings(writer)).toEqual(wanted);
      writer.exec(`CREATE TABLE made_at_${opening} (id INTEGER PRIMARY KEY)`);
      writer.close();
    }
    const bare = new Database(file);
    expect(settings(bare), 'or the settings need not be made').toMatchObject({ synchronous: 1 });
    bare.close();
    rmSync(folder, { recursive: true });
  });

  it('takes the lock to write before anything is read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-immediate-'));
    const file = join(folder, 'fanfare.db');
    const store = new SqliteStore({ file, clock: systemClock });
    const other = new Database(file, { timeout: 0 });
    await store.transaction(async (tx) => {
      await tx.facts.read('nothing');
      expect(() => other.exec('BEGIN IMMEDIATE')).toThrow(/locked/);
    });
    other.exec('BEGIN IMMEDIATE');
    other.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });
});
