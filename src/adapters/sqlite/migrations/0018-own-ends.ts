import type { Migration } from './migration.js';

/**
 * The end of delivery that a campaign has of its own, beside that of its coupon. Of those launched before it is known
 * where the two differ.
 */
export const ownEnds: Migration = {
  number: 18,
  name: 'own-ends',
  sql: `
    ALTER TABLE campaign ADD COLUMN own_deliver_until INTEGER;
    UPDATE campaign SET own_deliver_until = deliver_until
    WHERE launched_at IS NOT NULL AND coupon_id IS NOT NULL AND deliver_until < (
      SELECT MIN(closes_at, COALESCE(ended_at, closes_at)) FROM coupon WHERE coupon.coupon_id = campaign.coupon_id);
  `,
};
