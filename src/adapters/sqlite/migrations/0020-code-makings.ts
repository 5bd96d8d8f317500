import type { Migration } from './migration.js';

/** Codes of a coupon by the moment at which they were made: those that nobody was shown can be voided. */
export const codeMakings: Migration = {
  number: 20,
  name: 'code-makings',
  sql: 'CREATE INDEX coupon_code_by_making ON coupon_code (coupon_id, made_at)',
};
