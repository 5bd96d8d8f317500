import type { Migration } from './migration.js';

const TABLE = 'ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin';

/**
 * Members, packed where it is hot as in the embedded store. Attributes and tags are texts, not JSON columns: what was
 * written comes back to the byte, so that two members are the same exactly when their columns are.
 */
export const members: readonly Migration[] = [
  {
    number: 101,
    name: 'member-core',
    level: 1,
    // What filters and decisions read.
    sql: `
      CREATE TABLE IF NOT EXISTS member_core (
        ordinal        BIGINT NOT NULL PRIMARY KEY,
        level          TINYINT UNSIGNED NOT NULL,
        points         BIGINT NOT NULL CHECK (points >= 0),
        active_days    TINYINT UNSIGNED NOT NULL CHECK (active_days <= 30),
        last_active_at BIGINT NULL,
        time_zone_id   INT NOT NULL,               -- a term, 0 for none
        locale_id      INT NOT NULL,               -- a term, 0 for none
        flags          SMALLINT UNSIGNED NOT NULL CHECK (flags >= 1),
        changed_at     BIGINT NULL                 -- something that a message can show
      ) ${TABLE}`,
  },
  {
    number: 102,
    name: 'member-profile',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS member_profile (
        ordinal             BIGINT NOT NULL PRIMARY KEY,
        member_id           VARCHAR(128) NOT NULL,
        name                VARCHAR(200) NULL,
        email               VARCHAR(254) NULL,
        phone               VARCHAR(32) NULL,
        push_token          TEXT NULL,
        push_platform       VARCHAR(16) NULL,
        contacts_changed_at BIGINT NOT NULL,
        consent             TEXT NOT NULL,         -- packed, see consent-text.ts
        tags                TEXT NOT NULL,         -- JSON array
        attributes          TEXT NOT NULL,         -- JSON object
        UNIQUE KEY member_profile_id (member_id),
        CHECK ((push_platform IS NULL) = (push_token IS NULL))
      ) ${TABLE}`,
  },
  {
    number: 103,
    name: 'member-term',
    level: 1,
    // Words that many members share, each once. Ids are never given again, so a number always means the same word.
    sql: `
      CREATE TABLE IF NOT EXISTS member_term (
        term_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
        kind    TINYINT UNSIGNED NOT NULL,         -- 1 time zone, 2 locale, 3 tag
        term    VARCHAR(128) NOT NULL,
        UNIQUE KEY member_term_word (kind, term)
      ) ${TABLE}`,
  },
  {
    number: 104,
    name: 'member-tag-block',
    level: 1,
    // Who of a block carries a tag: a bitmap of 125 bytes, or, below 62 members, their offsets as 16-bit numbers.
    sql: `
      CREATE TABLE IF NOT EXISTS member_tag_block (
        tag_id  INT NOT NULL,
        block   INT NOT NULL,
        members VARBINARY(125) NOT NULL,
        PRIMARY KEY (tag_id, block)
      ) ${TABLE}`,
  },
  {
    number: 105,
    name: 'population-block',
    level: 1,
    // Who exists; its row is also the lock of all that is kept of the block. 0 members: the row stays, for the lock.
    sql: `
      CREATE TABLE IF NOT EXISTS population_block (
        block        INT NOT NULL PRIMARY KEY,
        member_count SMALLINT NOT NULL CHECK (member_count BETWEEN 0 AND 1000),
        exists_bits  VARBINARY(125) NOT NULL CHECK (length(exists_bits) = 125)
      ) ${TABLE}`,
  },
  {
    number: 106,
    name: 'population-flags',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS population_flags (
        block INT NOT NULL PRIMARY KEY,
        flags VARBINARY(2000) NOT NULL CHECK (length(flags) = 2000)
      ) ${TABLE}`,
  },
  {
    number: 107,
    name: 'member-address',
    level: 1,
    // Address to member: a 21-bit hash of the address above the 32-bit ordinal. Candidates are verified.
    sql: `
      CREATE TABLE IF NOT EXISTS member_address (
        id BIGINT NOT NULL PRIMARY KEY
      ) ${TABLE}`,
  },
  {
    number: 108,
    name: 'member-address-backlog',
    level: 1,
    // Blocks whose addresses are not (all) in member_address yet; look-ups read these blocks themselves.
    sql: `
      CREATE TABLE IF NOT EXISTS member_address_backlog (
        block      INT NOT NULL PRIMARY KEY,
        is_changed TINYINT NOT NULL,
        indexer    VARBINARY(8) NULL               -- the process that last began to enter it
      ) ${TABLE}`,
  },
  {
    number: 109,
    name: 'suppression',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS suppression (
        subject_hash BINARY(16) NOT NULL PRIMARY KEY,
        channels     TINYINT UNSIGNED NOT NULL CHECK (channels > 0),
        changed_at   BIGINT NOT NULL,
        reason       VARCHAR(500) NOT NULL
      ) ${TABLE}`,
  },
  {
    number: 110,
    name: 'suppression-gate',
    level: 1,
    // One row, which is only ever locked: see member-locks.ts.
    sql: `
      CREATE TABLE IF NOT EXISTS suppression_gate (
        id TINYINT NOT NULL PRIMARY KEY
      ) ${TABLE}`,
  },
  {
    number: 111,
    name: 'suppression-gate-row',
    level: 1,
    sql: 'INSERT INTO suppression_gate (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id',
  },
];
