import type { Migration } from './migration.js';

/** Locks of one coupon by their end, so that those which are over are found without looking at others. */
export const voidLocks: Migration = {
  number: 17,
  name: 'void-locks',
  sql: `
    CREATE INDEX coupon_grant_by_lock_end ON coupon_grant (coupon_id, lock_ends_at) WHERE lock_ends_at IS NOT NULL;
  `,
};
