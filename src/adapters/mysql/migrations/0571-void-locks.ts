import type { Migration } from './migration.js';

/** Locks of one coupon by their end, so that those which are over are found without looking at others. */
export const voidLocks: readonly Migration[] = [
  {
    number: 571,
    name: 'void-locks',
    level: 1,
    sql: 'ALTER TABLE coupon_grant ADD INDEX coupon_grant_by_lock_end (coupon_id, lock_ends_at)',
    isThere: `
      SELECT 1 FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'coupon_grant' AND index_name = 'coupon_grant_by_lock_end'`,
  },
];
