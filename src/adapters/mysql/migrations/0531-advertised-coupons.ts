import type { Migration } from './migration.js';

/** The coupon that a campaign tells of. */
export const advertisedCoupons: readonly Migration[] = [
  {
    number: 531,
    name: 'campaign-coupon',
    level: 1,
    sql: 'ALTER TABLE campaign ADD COLUMN coupon_id BIGINT, ADD INDEX campaign_by_coupon (coupon_id, campaign_id)',
    isThere: `
      SELECT 1 FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'campaign' AND column_name = 'coupon_id'`,
  },
];
