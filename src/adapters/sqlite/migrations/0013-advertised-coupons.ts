import type { Migration } from './migration.js';

/** The coupon that a campaign tells of. */
export const advertisedCoupons: Migration = {
  number: 13,
  name: 'advertised-coupons',
  sql: `
    ALTER TABLE campaign ADD COLUMN coupon_id INTEGER;
    CREATE INDEX campaign_by_coupon ON campaign (coupon_id, campaign_id) WHERE coupon_id IS NOT NULL;
  `,
};
