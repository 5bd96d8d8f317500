import type { Migration } from './migration.js';

export const coupons: readonly Migration[] = [
  {
    number: 501,
    name: 'coupon',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS coupon (
        coupon_id            BIGINT NOT NULL PRIMARY KEY,
        version              INT NOT NULL CHECK (version >= 1),
        state                VARCHAR(20) NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'ended')),
        name                 TEXT NOT NULL,
        description          TEXT,
        promotion_id         BIGINT,
        issue                VARCHAR(20) NOT NULL CHECK (issue IN ('platform', 'selfClaim')),
        kind                 VARCHAR(20) NOT NULL CHECK (kind IN ('fullReduction', 'directCut', 'gift', 'discount')),
        rule                 MEDIUMTEXT NOT NULL CHECK (JSON_VALID(rule)),
        currency             CHAR(3) NOT NULL,
        scope                MEDIUMTEXT NOT NULL CHECK (JSON_VALID(scope)),
        valid_from           BIGINT,
        valid_until          BIGINT,
        valid_days           INT CHECK (valid_days >= 1),
        opens_at             BIGINT NOT NULL,
        closes_at            BIGINT NOT NULL,
        audience_campaign_id BIGINT,
        limit_per_member     INT NOT NULL CHECK (limit_per_member BETWEEN 1 AND 100),
        stacking             VARCHAR(20) NOT NULL CHECK (stacking IN ('alone', 'withOthers')),
        after_refund         VARCHAR(20) NOT NULL CHECK (after_refund IN ('available', 'expired')),
        created_by           VARCHAR(255) NOT NULL,
        created_at           BIGINT NOT NULL,
        edited_at            BIGINT,
        ended_at             BIGINT,
        CHECK (closes_at > opens_at),
        CHECK ((valid_days IS NULL) = (valid_from IS NOT NULL)),
        CHECK ((valid_from IS NULL AND valid_until IS NULL) OR valid_until > valid_from)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 502,
    name: 'coupon-stock',
    level: 1,
    // What grants count into, apart from the terms: it cannot leave stock or budget, whatever a program thinks.
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_stock (
        coupon_id      BIGINT NOT NULL PRIMARY KEY,
        stock          BIGINT CHECK (stock >= 0),
        budget_minor   BIGINT CHECK (budget_minor >= 1),
        granted        BIGINT NOT NULL DEFAULT 0,
        locked         BIGINT NOT NULL DEFAULT 0 CHECK (locked >= 0),
        redeemed       BIGINT NOT NULL DEFAULT 0 CHECK (redeemed >= 0),
        forfeited      BIGINT NOT NULL DEFAULT 0 CHECK (forfeited >= 0),
        revoked        BIGINT NOT NULL DEFAULT 0 CHECK (revoked >= 0),
        locked_minor   BIGINT NOT NULL DEFAULT 0 CHECK (locked_minor >= 0),
        redeemed_minor BIGINT NOT NULL DEFAULT 0 CHECK (redeemed_minor >= 0),
        CHECK (stock IS NULL OR granted <= stock),
        CHECK (locked + redeemed + forfeited + revoked <= granted),
        CHECK (budget_minor IS NULL OR locked_minor + redeemed_minor <= budget_minor)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 503,
    name: 'coupon-set',
    level: 1,
    // One row; its version rises with every change of any coupon, in the same transaction.
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_set (
        id      BIGINT NOT NULL PRIMARY KEY,
        version BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 504,
    name: 'coupon-grant',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_grant (
        coupon_id  BIGINT NOT NULL,
        ordinal    BIGINT NOT NULL,
        n          TINYINT NOT NULL CHECK (n BETWEEN 1 AND 100),
        state      TINYINT NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4),
        granted_at BIGINT NOT NULL,
        request    BINARY(8),
        PRIMARY KEY (coupon_id, ordinal, n)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 505,
    name: 'coupon-journal',
    level: 1,
    // Everything that ever happened to a grant, in the order it happened: its state can be rebuilt from here.
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_journal (
        coupon_id BIGINT NOT NULL,
        position  BIGINT NOT NULL,
        ordinal   BIGINT NOT NULL,
        n         TINYINT NOT NULL,
        move      VARCHAR(20) NOT NULL,
        at        BIGINT NOT NULL,
        actor     VARCHAR(255) NOT NULL,
        PRIMARY KEY (coupon_id, position)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
