import type { Migration } from './migration.js';

/** Codes by their keyed hash alone. A used one names its grant, and a grant comes of one code at most. */
export const couponCodes: Migration = {
  number: 19,
  name: 'coupon-codes',
  sql: `
    ALTER TABLE coupon ADD COLUMN by_code_only INTEGER NOT NULL DEFAULT 0 CHECK (by_code_only IN (0, 1));

    CREATE TABLE coupon_code (
      hash      BLOB PRIMARY KEY CHECK (length(hash) = 16),
      coupon_id INTEGER NOT NULL REFERENCES coupon (coupon_id),
      made_at   INTEGER NOT NULL,
      ordinal   INTEGER,
      n         INTEGER CHECK (n BETWEEN 1 AND 100),
      used_at   INTEGER,
      CHECK ((ordinal IS NULL) = (n IS NULL) AND (n IS NULL) = (used_at IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX coupon_code_by_grant ON coupon_code (coupon_id, ordinal, n) WHERE ordinal IS NOT NULL;
  `,
};
