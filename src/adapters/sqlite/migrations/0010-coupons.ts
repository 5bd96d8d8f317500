import type { Migration } from './migration.js';

/**
 * A grant is a row clustered by (coupon, member, n), about 20 bytes. What it counts into stands beside the terms, in a
 * row of its own, and cannot leave its stock or its budget: the CHECKs hold whatever the program thinks.
 */
export const coupons: Migration = {
  number: 10,
  name: 'coupons',
  sql: `
    CREATE TABLE coupon (
      coupon_id            INTEGER PRIMARY KEY,
      version              INTEGER NOT NULL CHECK (version >= 1),
      state                TEXT NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'ended')),
      name                 TEXT NOT NULL,
      description          TEXT,
      promotion_id         INTEGER,
      issue                TEXT NOT NULL CHECK (issue IN ('platform', 'selfClaim')),
      kind                 TEXT NOT NULL CHECK (kind IN ('fullReduction', 'directCut', 'gift', 'discount')),
      rule                 TEXT NOT NULL CHECK (json_valid(rule)),
      currency             TEXT NOT NULL CHECK (length(currency) = 3),
      scope                TEXT NOT NULL CHECK (json_valid(scope)),
      valid_from           INTEGER,
      valid_until          INTEGER,
      valid_days           INTEGER CHECK (valid_days >= 1),
      opens_at             INTEGER NOT NULL,
      closes_at            INTEGER NOT NULL CHECK (closes_at > opens_at),
      audience_campaign_id INTEGER,
      limit_per_member     INTEGER NOT NULL CHECK (limit_per_member BETWEEN 1 AND 100),
      stacking             TEXT NOT NULL CHECK (stacking IN ('alone', 'withOthers')),
      after_refund         TEXT NOT NULL CHECK (after_refund IN ('available', 'expired')),
      created_by           TEXT NOT NULL,
      created_at           INTEGER NOT NULL,
      edited_at            INTEGER,
      ended_at             INTEGER,
      CHECK ((valid_days IS NULL) = (valid_from IS NOT NULL)),
      CHECK ((valid_from IS NULL AND valid_until IS NULL) OR valid_until > valid_from)
    ) STRICT;

    CREATE TABLE coupon_stock (
      coupon_id      INTEGER PRIMARY KEY REFERENCES coupon (coupon_id),
      stock          INTEGER CHECK (stock >= 0),
      budget_minor   INTEGER CHECK (budget_minor >= 1),
      granted        INTEGER NOT NULL DEFAULT 0 CHECK (stock IS NULL OR granted <= stock),
      locked         INTEGER NOT NULL DEFAULT 0 CHECK (locked >= 0),
      redeemed       INTEGER NOT NULL DEFAULT 0 CHECK (redeemed >= 0),
      forfeited      INTEGER NOT NULL DEFAULT 0 CHECK (forfeited >= 0),
      revoked        INTEGER NOT NULL DEFAULT 0 CHECK (revoked >= 0),
      locked_minor   INTEGER NOT NULL DEFAULT 0 CHECK (locked_minor >= 0),
      redeemed_minor INTEGER NOT NULL DEFAULT 0 CHECK (redeemed_minor >= 0),
      CHECK (locked + redeemed + forfeited + revoked <= granted),
      CHECK (budget_minor IS NULL OR locked_minor + redeemed_minor <= budget_minor)
    ) STRICT;

    -- One row; its version rises with every change of any coupon, in the same transaction.
    CREATE TABLE coupon_set (
      id      INTEGER PRIMARY KEY,
      version INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE coupon_grant (
      coupon_id  INTEGER NOT NULL,
      ordinal    INTEGER NOT NULL,
      n          INTEGER NOT NULL CHECK (n BETWEEN 1 AND 100),
      state      INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4),
      granted_at INTEGER NOT NULL,
      request    BLOB CHECK (length(request) = 8),
      PRIMARY KEY (coupon_id, ordinal, n)
    ) STRICT, WITHOUT ROWID;

    -- Everything that ever happened to a grant, in the order it happened: its state can be rebuilt from here.
    CREATE TABLE coupon_journal (
      coupon_id INTEGER NOT NULL,
      position  INTEGER NOT NULL,
      ordinal   INTEGER NOT NULL,
      n         INTEGER NOT NULL,
      move      TEXT NOT NULL,
      at        INTEGER NOT NULL,
      actor     TEXT NOT NULL,
      PRIMARY KEY (coupon_id, position)
    ) STRICT, WITHOUT ROWID;
  `,
};
