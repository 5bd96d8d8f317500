/**
 * Commits small facts as fast as it can, saying the number of each once it is told that it is durable.
 * Arguments: the store's file; `normal` plants the sync setting that loses commits in a power cut.
 */
import type Database from 'better-sqlite3';
import { writeSync } from 'node:fs';
import { openReader, openWriter } from '../../src/adapters/sqlite/connection.js';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { ThreadedLogCopier } from '../../src/adapters/sqlite/threaded-log-copier.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';

const [file = '', synchronous = 'full'] = process.argv.slice(2);
const store = new SqliteStore({
  file,
  clock: systemClock,
  access: {
    openWriter: (path) => weaken(openWriter(path)),
    openReader,
    startCopier: (path, onFailed) => new ThreadedLogCopier(path, onFailed),
  },
});
const value = new Uint8Array(256).fill(7);
for (let number = 1; ; number++) {
  await store.transaction((tx) => tx.facts.keepFirst(`fact-${number}`, value));
  writeSync(1, `ack ${number}\n`);
}

function weaken(writer: Database.Database): Database.Database {
  if (synchronous === 'normal') writer.pragma('synchronous = NORMAL');
  return writer;
}
