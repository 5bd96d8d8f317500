import type { Migration } from './migration.js';

/**
 * Members in two halves: what filters and decisions read is narrow (member_core, 30 bytes), the rest is beside it.
 * The population and its flags are packed by block of 1,000 ordinals, in two tables: freezing everybody reads who
 * exists (125 bytes a block) and must not touch the flags (2,000).
 */
export const members: Migration = {
  number: 2,
  name: 'members',
  sql: `
    CREATE TABLE member_core (
      ordinal        INTEGER PRIMARY KEY,
      level          INTEGER NOT NULL CHECK (level BETWEEN 0 AND 255),
      points         INTEGER NOT NULL CHECK (points >= 0),
      active_days    INTEGER NOT NULL CHECK (active_days BETWEEN 0 AND 30),
      last_active_at INTEGER,
      time_zone_id   INTEGER NOT NULL,   -- a term, 0 for none
      locale_id      INTEGER NOT NULL,   -- a term, 0 for none
      flags          INTEGER NOT NULL CHECK (flags BETWEEN 1 AND 65535)
    ) STRICT;

    CREATE TABLE member_profile (
      ordinal             INTEGER PRIMARY KEY,
      member_id           TEXT NOT NULL UNIQUE,
      name                TEXT,
      email               TEXT,
      phone               TEXT,
      push_token          TEXT,
      push_platform       TEXT CHECK ((push_platform IS NULL) = (push_token IS NULL)),
      contacts_changed_at INTEGER NOT NULL,
      consent             TEXT NOT NULL, -- packed, see consent-text.ts
      tags                TEXT NOT NULL, -- JSON array
      attributes          TEXT NOT NULL  -- JSON object
    ) STRICT;

    -- Words that many members share, each once. Ids are never given again, so a number always means the same word.
    CREATE TABLE member_term (
      term_id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind    INTEGER NOT NULL,          -- 1 time zone, 2 locale, 3 tag
      term    TEXT NOT NULL,
      UNIQUE (kind, term)
    ) STRICT;

    -- Who of a block carries a tag: a bitmap of 125 bytes, or, below 62 members, their offsets as 16-bit numbers.
    CREATE TABLE member_tag_block (
      tag_id  INTEGER NOT NULL,
      block   INTEGER NOT NULL,
      members BLOB NOT NULL,
      PRIMARY KEY (tag_id, block)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE population_block (
      block        INTEGER PRIMARY KEY,
      member_count INTEGER NOT NULL CHECK (member_count BETWEEN 1 AND 1000),
      exists_bits  BLOB NOT NULL CHECK (length(exists_bits) = 125)
    ) STRICT;

    CREATE TABLE population_flags (
      block INTEGER PRIMARY KEY,
      flags BLOB NOT NULL CHECK (length(flags) = 2000)  -- 1,000 little-endian 16-bit numbers
    ) STRICT;

    -- Address to member: a 21-bit hash of the address above the 32-bit ordinal. Candidates are verified.
    CREATE TABLE member_address (
      id INTEGER PRIMARY KEY
    ) STRICT;

    -- Blocks whose addresses are not (all) in member_address yet; look-ups read these blocks themselves.
    CREATE TABLE member_address_backlog (
      block      INTEGER PRIMARY KEY,
      is_changed INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE suppression (
      subject_hash BLOB PRIMARY KEY CHECK (length(subject_hash) = 16),
      channels     INTEGER NOT NULL CHECK (channels > 0),
      changed_at   INTEGER NOT NULL,
      reason       TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
