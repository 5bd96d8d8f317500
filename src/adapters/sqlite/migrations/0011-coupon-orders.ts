import type { Migration } from './migration.js';

/**
 * What orders do with grants. A grant that an order holds says so itself; what an order has ever locked stands beside it,
 * so that a payment that comes after its lock finds its coupons and their discounts.
 */
export const couponOrders: Migration = {
  number: 11,
  name: 'coupon-orders',
  sql: `
    ALTER TABLE coupon_grant ADD COLUMN order_id TEXT CHECK ((order_id IS NULL) = (state IN (0, 4)));
    ALTER TABLE coupon_grant ADD COLUMN amount_minor INTEGER
      CHECK ((amount_minor IS NULL) = (order_id IS NULL) AND (amount_minor IS NULL OR amount_minor >= 0));
    ALTER TABLE coupon_grant ADD COLUMN lock_ends_at INTEGER CHECK ((lock_ends_at IS NOT NULL) = (state = 1));

    ALTER TABLE coupon_journal ADD COLUMN why TEXT;
    ALTER TABLE coupon_journal ADD COLUMN order_id TEXT;
    ALTER TABLE coupon_journal ADD COLUMN amount_minor INTEGER;
    ALTER TABLE coupon_journal ADD COLUMN lock_ends_at INTEGER;

    -- When others were told that no grant of it can be valid any more.
    ALTER TABLE coupon_stock ADD COLUMN expired_at INTEGER;

    CREATE TABLE coupon_order (
      order_id     TEXT NOT NULL PRIMARY KEY,
      ordinal      INTEGER,
      state        TEXT NOT NULL CHECK (state IN ('open', 'created', 'cancelled', 'paid', 'refunded')),
      version      INTEGER NOT NULL,
      was_paid     INTEGER NOT NULL CHECK (was_paid IN (0, 1)),
      request      BLOB CHECK (length(request) = 16),
      lock_ends_at INTEGER,
      forget_at    INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX coupon_order_due ON coupon_order (lock_ends_at) WHERE lock_ends_at IS NOT NULL;
    CREATE INDEX coupon_order_forget ON coupon_order (forget_at) WHERE forget_at IS NOT NULL;

    CREATE TABLE coupon_use (
      order_id     TEXT NOT NULL,
      coupon_id    INTEGER NOT NULL,
      ordinal      INTEGER NOT NULL,
      n            INTEGER NOT NULL,
      amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
      PRIMARY KEY (order_id, coupon_id, ordinal, n)
    ) STRICT, WITHOUT ROWID;
  `,
};
