import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from './system-clock.js';
import { lockFolder } from '../sqlite/folder-lock.js';
import { SqliteStore } from '../sqlite/sqlite-store.js';
import { prepareDataFolder } from './data-folder.js';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'fanfare-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it('makes a folder whose every file is its owner’s alone, whatever the umask', async () => {
  const umask = process.umask(0);
  const folder = join(parent, 'a', 'data');
  try {
    prepareDataFolder(folder);
    const lock = lockFolder(folder);
    const store = new SqliteStore({ file: join(folder, 'fanfare.db'), clock: systemClock });
    expect(modeOf(folder)).toBe('700');
    const files = readdirSync(folder);
    expect(files).toEqual(expect.arrayContaining(['fanfare.db', 'fanfare.db-wal', 'lock.db', 'owner.pid']));
    for (const name of files) expect(modeOf(join(folder, name)), name).toBe('600');
    await store.close();
    lock.release();
  } finally {
    process.umask(umask);
  }
});

it('closes a folder that stands open, and its own files, but nobody else’s', () => {
  const folder = join(parent, 'data');
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const own = ['fanfare.db', 'fanfare.db-wal', 'lock.db', 'owner.pid'];
  for (const name of [...own, 'fanfare.config.json']) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o644);
  }
  prepareDataFolder(folder);
  expect(modeOf(folder)).toBe('700');
  for (const name of own) expect(modeOf(join(folder, name)), name).toBe('600');
  expect(modeOf(join(folder, 'fanfare.config.json'))).toBe('644');
});

it('says which folder cannot be used, and why', () => {
  const file = join(parent, 'file');
  writeFileSync(file, '');
  expect(() => {
    prepareDataFolder(join(file, 'data'));
  }).toThrow(
    expect.objectContaining({
      code: 'DATA_FOLDER_UNUSABLE',
      values: { folder: join(file, 'data'), reason: 'ENOTDIR' },
    }),
  );
});
