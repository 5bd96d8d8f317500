import type { Migration } from './migration.js';

const TABLE = 'ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin';

const hasColumn = (table: string, column: string): string => `
  SELECT 1 FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = '${table}' AND column_name = '${column}'`;

export const couponOrders: readonly Migration[] = [
  {
    number: 511,
    name: 'coupon-grant-use',
    level: 1,
    // A grant that an order holds says so itself.
    sql: `
      ALTER TABLE coupon_grant
        ADD COLUMN order_id     VARCHAR(128),
        ADD COLUMN amount_minor BIGINT,
        ADD COLUMN lock_ends_at BIGINT,
        ADD CONSTRAINT coupon_grant_use CHECK ((order_id IS NULL) = (state IN (0, 4))),
        ADD CONSTRAINT coupon_grant_amount CHECK ((amount_minor IS NULL) = (order_id IS NULL) AND COALESCE(amount_minor, 0) >= 0),
        ADD CONSTRAINT coupon_grant_lock CHECK ((lock_ends_at IS NOT NULL) = (state = 1))`,
    isThere: hasColumn('coupon_grant', 'lock_ends_at'),
  },
  {
    number: 512,
    name: 'coupon-journal-use',
    level: 1,
    sql: `
      ALTER TABLE coupon_journal
        ADD COLUMN why          VARCHAR(20),
        ADD COLUMN order_id     VARCHAR(128),
        ADD COLUMN amount_minor BIGINT,
        ADD COLUMN lock_ends_at BIGINT`,
    isThere: hasColumn('coupon_journal', 'lock_ends_at'),
  },
  {
    number: 513,
    name: 'coupon-expired',
    level: 1,
    // When others were told that no grant of it can be valid any more.
    sql: 'ALTER TABLE coupon_stock ADD COLUMN expired_at BIGINT',
    isThere: hasColumn('coupon_stock', 'expired_at'),
  },
  {
    number: 514,
    name: 'coupon-order',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_order (
        order_id     VARCHAR(128) NOT NULL PRIMARY KEY,
        ordinal      BIGINT,
        state        VARCHAR(20) NOT NULL CHECK (state IN ('open', 'created', 'cancelled', 'paid', 'refunded')),
        version      BIGINT NOT NULL,
        was_paid     TINYINT NOT NULL CHECK (was_paid IN (0, 1)),
        request      BINARY(16),
        lock_ends_at BIGINT,
        forget_at    BIGINT,
        KEY coupon_order_due (lock_ends_at),
        KEY coupon_order_forget (forget_at)
      ) ${TABLE}`,
  },
  {
    number: 515,
    name: 'coupon-use',
    level: 1,
    // What an order has ever locked: a payment that comes after its lock finds its coupons and their discounts here.
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_use (
        order_id     VARCHAR(128) NOT NULL,
        coupon_id    BIGINT NOT NULL,
        ordinal      BIGINT NOT NULL,
        n            TINYINT NOT NULL,
        amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
        PRIMARY KEY (order_id, coupon_id, ordinal, n)
      ) ${TABLE}`,
  },
];
