import type { Migration } from './migration.js';

export const promotions: Migration = {
  number: 3,
  name: 'promotions',
  sql: `
    CREATE TABLE promotion (
      promotion_id INTEGER PRIMARY KEY,
      version      INTEGER NOT NULL CHECK (version >= 1),
      name         TEXT NOT NULL,
      description  TEXT,
      kind         TEXT NOT NULL CHECK (kind IN ('fullReduction', 'directCut', 'gift', 'discount')),
      rule         TEXT NOT NULL CHECK (json_valid(rule)),
      currency     TEXT NOT NULL CHECK (length(currency) = 3),
      scope        TEXT NOT NULL CHECK (json_valid(scope)),
      starts_at    INTEGER NOT NULL,
      ends_at      INTEGER NOT NULL CHECK (ends_at > starts_at),
      created_by   TEXT NOT NULL,
      created_at   INTEGER NOT NULL,
      edited_at    INTEGER,
      ended_at     INTEGER,
      campaign_id  INTEGER
    ) STRICT;

    -- The last accepted submit under each natural key: what makes a second one a duplicate.
    CREATE TABLE promotion_submit (
      natural_key  BLOB PRIMARY KEY CHECK (length(natural_key) = 32),
      request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
      promotion_id INTEGER NOT NULL REFERENCES promotion (promotion_id),
      submitted_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX promotion_submit_by_time ON promotion_submit (submitted_at);
  `,
};
