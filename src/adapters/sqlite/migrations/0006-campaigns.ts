import type { Migration } from './migration.js';

/**
 * Packed keys, so that a bucket's row is found by one integer and lies beside its neighbours:
 * audience bucket = audience × 2^21 + bucket; stream = campaign × 8 + channel; ledger row = stream × 2^21 + bucket.
 */
export const campaigns: Migration = {
  number: 6,
  name: 'campaigns',
  sql: `
    CREATE TABLE audience (
      audience_id   INTEGER PRIMARY KEY,
      definition    TEXT NOT NULL,
      freeze_cursor INTEGER NOT NULL DEFAULT 0,
      member_count  INTEGER NOT NULL DEFAULT 0,
      bucket_count  INTEGER NOT NULL DEFAULT 0,
      frozen_at     INTEGER
    ) STRICT;

    CREATE TABLE audience_bucket (
      id            INTEGER PRIMARY KEY,
      audience_id   INTEGER NOT NULL,
      first_ordinal INTEGER NOT NULL,
      until_ordinal INTEGER NOT NULL CHECK (until_ordinal > first_ordinal),
      member_count  INTEGER NOT NULL CHECK (member_count BETWEEN 1 AND 1000),
      form          INTEGER NOT NULL CHECK (form BETWEEN 0 AND 2),
      members       BLOB,
      crc           INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX audience_bucket_by_ordinal ON audience_bucket (audience_id, first_ordinal);

    CREATE TABLE message_version (
      message_version_id INTEGER PRIMARY KEY,
      message            TEXT NOT NULL,
      created_at         INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE campaign (
      campaign_id        INTEGER PRIMARY KEY,
      name               TEXT NOT NULL,
      promotion_id       INTEGER,
      parent_campaign_id INTEGER,
      shares_references  INTEGER NOT NULL DEFAULT 0 CHECK (shares_references IN (0, 1)),
      class              TEXT NOT NULL,
      state              TEXT NOT NULL,
      pause_reasons      TEXT NOT NULL DEFAULT '[]',
      policy             TEXT NOT NULL,
      audience_id        INTEGER NOT NULL,
      launch_at          INTEGER,
      launched_at        INTEGER,
      deliver_until      INTEGER,
      expected_members   INTEGER,
      max_members        INTEGER,
      common_fields      TEXT NOT NULL,
      version            INTEGER NOT NULL,
      created_at         INTEGER NOT NULL,
      created_by         TEXT NOT NULL,
      ended_at           INTEGER
    ) STRICT;
    CREATE INDEX campaign_by_state ON campaign (state, campaign_id);

    CREATE TABLE campaign_channel (
      campaign_id         INTEGER NOT NULL,
      channel             INTEGER NOT NULL,
      position            INTEGER NOT NULL,
      pause_reasons       TEXT NOT NULL DEFAULT '[]',
      mode                TEXT NOT NULL,
      message_version_id  INTEGER NOT NULL,
      members_per_second  REAL,
      requests_per_second REAL,
      price_minor         REAL,
      currency            TEXT,
      settled_at          INTEGER,
      first_handover_at   INTEGER,
      last_outcome_at     INTEGER,
      PRIMARY KEY (campaign_id, channel)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE campaign_move (
      move_id     INTEGER PRIMARY KEY,
      campaign_id INTEGER NOT NULL,
      at          INTEGER NOT NULL,
      actor       TEXT NOT NULL,
      move        TEXT NOT NULL,
      detail      TEXT
    ) STRICT;
    CREATE INDEX campaign_move_by_campaign ON campaign_move (campaign_id, move_id);

    CREATE TABLE dry_run (
      dry_run_id       INTEGER PRIMARY KEY,
      campaign_id      INTEGER NOT NULL,
      campaign_version INTEGER NOT NULL,
      member_count     INTEGER NOT NULL,
      launch_at        INTEGER,
      expiring_count   INTEGER NOT NULL,
      result           TEXT NOT NULL,
      made_at          INTEGER NOT NULL
    ) STRICT;

    -- A rowid table: 1,000-byte cells would overflow the pages of a WITHOUT ROWID one.
    CREATE TABLE ledger_bucket (
      id                INTEGER PRIMARY KEY,
      stream            INTEGER NOT NULL,
      member_count      INTEGER NOT NULL,
      pending_count     INTEGER NOT NULL CHECK (pending_count BETWEEN 0 AND member_count),
      sent_count        INTEGER NOT NULL DEFAULT 0,
      failed_count      INTEGER NOT NULL DEFAULT 0,
      unknown_count     INTEGER NOT NULL DEFAULT 0,
      suppressed_count  INTEGER NOT NULL DEFAULT 0,
      token             INTEGER NOT NULL DEFAULT 0,
      lease_owner       TEXT,
      loss_count        INTEGER NOT NULL DEFAULT 0,
      -- When the row is due; null while leased and once settled.
      due_at            INTEGER,
      next_attempt_at   INTEGER,
      retry_at          INTEGER,
      open_since        INTEGER,
      first_handover_at INTEGER,
      last_handover_at  INTEGER,
      crc               INTEGER,
      cells             BLOB,
      CHECK (sent_count + failed_count + unknown_count + suppressed_count + pending_count = member_count)
    ) STRICT;
    CREATE INDEX ledger_due ON ledger_bucket (stream, due_at, id) WHERE due_at IS NOT NULL;
    CREATE INDEX ledger_leased ON ledger_bucket (stream) WHERE lease_owner IS NOT NULL;

    CREATE TABLE ledger_count (
      stream  INTEGER NOT NULL,
      code    INTEGER NOT NULL,
      members INTEGER NOT NULL CHECK (members >= 0),
      PRIMARY KEY (stream, code)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE ledger_detail (
      stream            INTEGER NOT NULL,
      ordinal           INTEGER NOT NULL,
      at                INTEGER NOT NULL,
      sequence          INTEGER NOT NULL,
      cell_code         INTEGER NOT NULL,
      vendor_code       TEXT,
      vendor_text       TEXT,
      vendor_message_id TEXT,
      PRIMARY KEY (stream, ordinal, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ledger_detail_count (
      stream  INTEGER PRIMARY KEY,
      details INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE ledger_error_count (
      stream      INTEGER NOT NULL,
      vendor_code TEXT NOT NULL,
      members     INTEGER NOT NULL,
      PRIMARY KEY (stream, vendor_code)
    ) STRICT, WITHOUT ROWID;

    -- Policy "first": the channel chosen for each member, one byte each; id = campaign × 2^21 + bucket.
    CREATE TABLE campaign_choice (
      id     INTEGER PRIMARY KEY,
      choice BLOB NOT NULL
    ) STRICT;

    CREATE TABLE inbox_block (
      block       INTEGER NOT NULL,
      campaign_id INTEGER NOT NULL,
      delivered   BLOB NOT NULL CHECK (length(delivered) = 125),
      read_marks  BLOB CHECK (length(read_marks) = 125),
      PRIMARY KEY (block, campaign_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE inbox_row (
      ordinal     INTEGER NOT NULL,
      campaign_id INTEGER NOT NULL,
      is_read     INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (ordinal, campaign_id)
    ) STRICT, WITHOUT ROWID;
    -- Which of 1,000 neighbouring blocks keep a campaign in rows: one bit each, so that a delivery need not look for them.
    CREATE TABLE inbox_row_blocks (
      segment     INTEGER NOT NULL,
      campaign_id INTEGER NOT NULL,
      blocks      BLOB NOT NULL CHECK (length(blocks) = 125),
      PRIMARY KEY (segment, campaign_id)
    ) STRICT, WITHOUT ROWID;
  `,
};
