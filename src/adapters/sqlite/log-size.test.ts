import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../system/system-clock.js';
import { CHECKPOINT_EVERY_BYTES, RESTART_ABOVE_BYTES } from './checkpointer.js';
import { SqliteStore } from './sqlite-store.js';

const MIB = 1024 * 1024;

describe('the write-ahead log', () => {
  let folder: string;
  let file: string;
  let store: SqliteStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-log-'));
    file = join(folder, 'fanfare.db');
    store = new SqliteStore({ file, clock: systemClock });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** Commits `count` times 4 MiB; answers the largest size of the log on the way. */
  const write = async (count: number, name: string): Promise<number> => {
    let largestBytes = 0;
    for (let index = 0; index < count; index++) {
      const value = new Uint8Array(4 * MIB).fill(index);
      await store.transaction((tx) => tx.facts.keepFirst(`${name}-${index}`, value));
      largestBytes = Math.max(largestBytes, store.stats().walBytes);
    }
    return largestBytes;
  };

  it('stays short however much is written', async () => {
    const largestBytes = await write(40, 'a');
    expect(largestBytes).toBeGreaterThan(CHECKPOINT_EVERY_BYTES);
    expect(largestBytes).toBeLessThan(RESTART_ABOVE_BYTES + 2 * CHECKPOINT_EVERY_BYTES);
  });

  it('grows while something reads for long, holds nobody up, and is emptied afterwards', async () => {
    const reader = new Database(file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM setting').get();
    expect(await write(60, 'b')).toBeGreaterThan(RESTART_ABOVE_BYTES + CHECKPOINT_EVERY_BYTES);
    reader.exec('COMMIT');
    reader.close();
    await vi.waitFor(
      () => {
        expect(store.stats().walBytes).toBe(0); // once it is idle
      },
      { timeout: 20_000, interval: 100 },
    );
  });
});
