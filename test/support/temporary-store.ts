import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import type { EngineStore } from '../../src/compose.js';
import { ManualClock } from './manual-clock.js';
import { querySqlite, temporarySqliteStore } from './temporary-sqlite.js';

/** An empty store of its own for a test of a use case. */
export interface TemporaryStore {
  readonly store: EngineStore;
  readonly clock: ManualClock;
  /** Another store over the same data, as after a restart. */
  readonly openAgain: () => Promise<EngineStore>;
  /** A statement beside the store, in words that every dialect knows. */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  /** Closes what was opened, holds the events against their contract and leaves nothing. */
  readonly remove: () => Promise<void>;
}

/** A real store; which one is the run's to say, so that tests rest on what every store promises. */
export function temporaryStore(clock = new ManualClock()): Promise<TemporaryStore> {
  return Promise.resolve(embedded(clock));
}

function embedded(clock: ManualClock): TemporaryStore {
  const { store, file, remove } = temporarySqliteStore(clock);
  const later: SqliteStore[] = [];
  return {
    store,
    clock,
    openAgain: () => {
      const again = new SqliteStore({ file, clock });
      later.push(again);
      return Promise.resolve(again);
    },
    query: (sql, values) => Promise.resolve(querySqlite(file, sql, values)),
    remove: async () => {
      for (const again of later) await again.close();
      await remove();
    },
  };
}
