import type { Migration } from './migration.js';

/** What an order used once and released stays known; and whether its news gives versions. */
export const releasedUses: Migration = {
  number: 16,
  name: 'released-uses',
  sql: `
    ALTER TABLE coupon_order ADD COLUMN has_versions INTEGER CHECK (has_versions IN (0, 1));
    ALTER TABLE coupon_use ADD COLUMN released INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1));
  `,
};
