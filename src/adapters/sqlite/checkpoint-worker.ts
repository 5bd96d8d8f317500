import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import type { CopyReply } from './threaded-log-copier.js';

/**
 * Runs passive checkpoints on a connection of its own. An error is reported to the writer, not hidden.
 * Messages: 'passive' is answered with {kind: 'done' | 'failed'}; 'close' ends the thread.
 */
const { file } = workerData as { readonly file: string }; // handed over by threaded-log-copier.ts
const database = new Database(file, { timeout: 5_000 });
database.pragma('synchronous = FULL');
database.pragma('wal_autocheckpoint = 0');

parentPort?.on('message', (message: 'passive' | 'close') => {
  if (message === 'close') {
    database.close();
    parentPort?.close();
    return;
  }
  try {
    database.pragma('wal_checkpoint(PASSIVE)');
    parentPort?.postMessage({ kind: 'done' } satisfies CopyReply);
  } catch (error) {
    parentPort?.postMessage({
      kind: 'failed',
      code: error instanceof Database.SqliteError ? error.code : String(error),
    } satisfies CopyReply);
  }
});
