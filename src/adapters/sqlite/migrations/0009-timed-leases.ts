import type { Migration } from './migration.js';

/** When a lease ends by itself; null = with its process, which the folder's lock tells. */
export const timedLeases: Migration = {
  number: 9,
  name: 'timed-leases',
  sql: 'ALTER TABLE ledger_bucket ADD COLUMN leased_until INTEGER;',
};
