import type { Migration } from './migration.js';

/** Codes of a coupon by the moment at which they were made: those that nobody was shown can be voided. */
export const codeMakings: readonly Migration[] = [
  {
    number: 591,
    name: 'code-makings',
    level: 1,
    sql: 'CREATE INDEX coupon_code_by_making ON coupon_code (coupon_id, made_at)',
    isThere: `
      SELECT 1 FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = 'coupon_code' AND index_name = 'coupon_code_by_making'`,
  },
];
