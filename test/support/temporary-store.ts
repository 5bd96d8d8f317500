import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { checkAppendedEvents } from './appended-events.js';
import { ManualClock } from './manual-clock.js';

/**
 * A real embedded store in a folder of its own; `remove` closes it, holds its events against their contract and deletes
 * the folder.
 */
export function temporaryStore(clock = new ManualClock()) {
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
        checkAppendedEvents(file);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}
