import type { Migration } from './migration.js';

/** The end of delivery that a campaign has of its own, beside that of its coupon. */
export const ownEnds: readonly Migration[] = [
  {
    number: 581,
    name: 'campaign-own-end',
    level: 1,
    sql: 'ALTER TABLE campaign ADD COLUMN own_deliver_until BIGINT',
    isThere: `
      SELECT 1 FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'campaign' AND column_name = 'own_deliver_until'`,
  },
  {
    number: 582,
    name: 'campaign-own-end-known',
    level: 1,
    // Of those launched before it is known where the two differ.
    sql: `
      UPDATE campaign JOIN coupon USING (coupon_id) SET own_deliver_until = deliver_until
      WHERE launched_at IS NOT NULL AND deliver_until < LEAST(closes_at, COALESCE(coupon.ended_at, closes_at))`,
  },
];
