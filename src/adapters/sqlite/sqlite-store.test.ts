import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeConformance } from '../../../test/conformance/store.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';
import { systemClock } from '../system/system-clock.js';
import type { LogCopier } from './checkpointer.js';
import { openReader, openWriter } from './connection.js';
import { SqliteStore } from './sqlite-store.js';

storeConformance('embedded', { stopsStrayBodies: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-store-'));
  return {
    open: () => Promise.resolve(new SqliteStore({ file: join(folder, 'fanfare.db'), clock: systemClock })),
    remove: async () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
});

const MIB = 1_048_576;

describe('the embedded store', () => {
  let opened: ReturnType<typeof temporarySqliteStore>;
  beforeEach(() => {
    opened = temporarySqliteStore();
  });
  afterEach(() => opened.remove());

  it('lets transactions that wait share commits', async () => {
    const { store } = opened;
    const before = store.stats();
    await Promise.all(Array.from({ length: 300 }, () => store.transaction((tx) => tx.ids.take('campaign', 1))));
    expect(store.stats().transactions - before.transactions).toBe(300);
    expect(store.stats().commits - before.commits).toBeLessThan(300);
  });

  it('begins its log again in place of letting it grow, and empties it when asked', async () => {
    const { store } = opened;
    const bytes = new Uint8Array(MIB);
    for (let number = 0; number < 320; number++) {
      await store.transaction((tx) => tx.facts.keepFirst(`fact ${number}`, bytes));
    }
    expect(store.stats().walBytes).toBeGreaterThan(64 * MIB); // it keeps its size while there is work
    expect(store.stats().walBytes).toBeLessThan(240 * MIB);
    await store.truncate();
    expect(store.stats().walBytes).toBe(0);
  });

  it('empties its log when asked amid a copying, once that has ended, by whatever clock', async () => {
    const copies: (() => void)[] = [];
    const startCopier = (): LogCopier => ({
      copy: () =>
        new Promise((resolve) =>
          copies.push(() => {
            resolve(undefined);
          }),
        ),
      close: () => Promise.resolve(),
    });
    const file = join(opened.folder, 'slow.db');
    const store = new SqliteStore({ file, clock: opened.clock, access: { openWriter, openReader, startCopier } });
    for (let number = 0; number < 20; number++) {
      await store.transaction((tx) => tx.facts.keepFirst(`fact ${number}`, new Uint8Array(MIB)));
    }
    expect(copies).toHaveLength(1);
    const emptied = store.truncate();
    await store.transaction((tx) => tx.ids.take('campaign', 1)); // the emptying has come to its wait
    expect(store.stats().walBytes).toBeGreaterThan(16 * MIB);
    copies[0]?.();
    await emptied;
    expect(store.stats().walBytes).toBe(0);
    await store.close();
  });

  it('keeps its files from everybody but their owner', async () => {
    const { store, folder } = opened;
    await store.transaction((tx) => tx.ids.take('campaign', 1));
    const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toEqual({
      'fanfare.db': '600',
      'fanfare.db-shm': '600',
      'fanfare.db-wal': '600',
    });
  });
});
