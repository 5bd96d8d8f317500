import type { Migration } from './migration.js';

export const couponCodes: readonly Migration[] = [
  {
    number: 551,
    name: 'coupon-by-code-only',
    level: 1,
    sql: `
      ALTER TABLE coupon ADD COLUMN by_code_only TINYINT NOT NULL DEFAULT 0 CHECK (by_code_only IN (0, 1))`,
    isThere: `
      SELECT 1 FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'coupon' AND column_name = 'by_code_only'`,
  },
  {
    number: 552,
    name: 'coupon-code',
    level: 1,
    // By their keyed hash alone. A used one names its grant, and a grant comes of one code at most.
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_code (
        hash      BINARY(16) NOT NULL PRIMARY KEY,
        coupon_id BIGINT NOT NULL,
        made_at   BIGINT NOT NULL,
        ordinal   BIGINT,
        n         TINYINT CHECK (n BETWEEN 1 AND 100),
        used_at   BIGINT,
        UNIQUE KEY coupon_code_by_grant (coupon_id, ordinal, n),
        CHECK ((ordinal IS NULL) = (n IS NULL) AND (n IS NULL) = (used_at IS NULL))
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
