/** The queue of the embedded store: the same file, the same commits. */
export { StoredQueue as SqliteQueue } from '../stored/stored-queue.js';
