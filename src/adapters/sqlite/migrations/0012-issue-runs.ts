import type { Migration } from './migration.js';

/**
 * Grants given to many at once: a bitmap a block and run, whose bits go one by one as grants become rows, and the same
 * bitmap in the journal, which stays. Where all 1,000 bits are set there are no bytes.
 */
export const issueRuns: Migration = {
  number: 12,
  name: 'issue-runs',
  sql: `
    -- Whether bits of it may exist; whether the rest is given just before it closes; when it was taken back.
    ALTER TABLE coupon ADD COLUMN given_eagerly INTEGER NOT NULL DEFAULT 0 CHECK (given_eagerly IN (0, 1));
    ALTER TABLE coupon ADD COLUMN sweep_at_close INTEGER NOT NULL DEFAULT 0 CHECK (sweep_at_close IN (0, 1));
    ALTER TABLE coupon ADD COLUMN recalled_at INTEGER;

    CREATE TABLE coupon_run (
      run_id        INTEGER PRIMARY KEY,
      coupon_id     INTEGER NOT NULL REFERENCES coupon (coupon_id),
      state         TEXT NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'cutOff')),
      cause         TEXT NOT NULL CHECK (cause IN ('person', 'close')),
      audience_id   INTEGER,
      cursor_block  INTEGER NOT NULL CHECK (cursor_block >= 0),
      until_block   INTEGER NOT NULL CHECK (until_block >= 0),
      granted       INTEGER NOT NULL DEFAULT 0 CHECK (granted >= 0),
      already_held  INTEGER NOT NULL DEFAULT 0 CHECK (already_held >= 0),
      without_stock INTEGER NOT NULL DEFAULT 0 CHECK (without_stock >= 0),
      gone          INTEGER NOT NULL DEFAULT 0 CHECK (gone >= 0),
      left_over     INTEGER CHECK (left_over >= 0),
      created_by    TEXT NOT NULL,
      created_at    INTEGER NOT NULL,
      ended_at      INTEGER,
      CHECK ((ended_at IS NULL) = (state IN ('running', 'paused'))),
      CHECK ((ended_at IS NULL) = (left_over IS NULL))
    ) STRICT;
    CREATE INDEX coupon_run_by_coupon ON coupon_run (coupon_id, run_id);
    CREATE INDEX coupon_run_by_state ON coupon_run (state, run_id);

    CREATE TABLE coupon_bits (
      coupon_id  INTEGER NOT NULL,
      block      INTEGER NOT NULL,
      run_id     INTEGER NOT NULL,
      granted_at INTEGER NOT NULL,
      bits       BLOB CHECK (length(bits) = 125),
      PRIMARY KEY (coupon_id, block, run_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE coupon_bits_journal (
      coupon_id  INTEGER NOT NULL,
      block      INTEGER NOT NULL,
      run_id     INTEGER NOT NULL,
      granted_at INTEGER NOT NULL,
      bits       BLOB CHECK (length(bits) = 125),
      PRIMARY KEY (coupon_id, block, run_id)
    ) STRICT, WITHOUT ROWID;
  `,
};
