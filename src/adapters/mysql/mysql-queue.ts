/** The queue of a cluster without a broker: the same database, the same commits. */
export { StoredQueue as MysqlQueue } from '../stored/stored-queue.js';
