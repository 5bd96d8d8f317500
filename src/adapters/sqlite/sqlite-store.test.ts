import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { epochMs } from '../../core/time.js';
import { SqliteStore } from './sqlite-store.js';

const clock = {
  now: () => epochMs(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs)),
};

describe('the embedded store', () => {
  let folder: string;
  let store: SqliteStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-store-'));
    store = new SqliteStore({ file: join(folder, 'fanfare.db'), clock });
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('gives every waiting transaction its own ids, in few commits', async () => {
    const ids = await Promise.all(
      Array.from({ length: 300 }, () => store.transaction((tx) => tx.ids.take('campaign', 1))),
    );
    expect(new Set(ids).size).toBe(300);
    expect(store.stats().commits).toBeLessThan(300);
  });

  it('undoes only the body that failed', async () => {
    const results = await Promise.allSettled([
      store.transaction((tx) => tx.ids.take('campaign', 1)),
      store.transaction(async (tx) => {
        await tx.ids.take('campaign', 100);
        throw new Error('refused');
      }),
      store.transaction((tx) => tx.ids.take('campaign', 1)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await store.transaction((tx) => tx.ids.take('campaign', 1))).toBe(3);
  });

  it('stops a body that waits for something else, and runs the others', async () => {
    const before = store.transaction((tx) => tx.ids.take('campaign', 1));
    const stray = store.transaction(async (tx) => {
      await tx.ids.take('campaign', 50);
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    const after = store.transaction((tx) => tx.ids.take('campaign', 1));
    await expect(stray).rejects.toThrow('waited for something other than its transaction');
    expect([await before, await after].sort()).toEqual([1, 2]);
  });

  it('keeps what it acknowledged when opened again, and runs with full sync then too', async () => {
    await store.transaction((tx) => tx.ids.take('campaign', 7));
    await store.close();
    store = new SqliteStore({ file: join(folder, 'fanfare.db'), clock });
    expect(await store.transaction((tx) => tx.ids.take('campaign', 1))).toBe(8);
  });

  it('refuses after close', async () => {
    await store.close();
    await expect(store.transaction((tx) => tx.ids.take('campaign', 1))).rejects.toMatchObject({
      code: 'SHUTTING_DOWN',
    });
  });
});
