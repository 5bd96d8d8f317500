import type { Migration } from './migration.js';

/** Packed keys as in the embedded store: ledger row = stream × 2^21 + bucket; stream = campaign × 8 + channel. */
export const ledger: readonly Migration[] = [
  {
    number: 21,
    name: 'ledger-bucket',
    level: 1,
    // due_at: when the row is due; null while leased and once settled. leased_until: by the clock of the database, null = without end.
    sql: `
      CREATE TABLE IF NOT EXISTS ledger_bucket (
        id                BIGINT NOT NULL PRIMARY KEY,
        stream            BIGINT NOT NULL,
        member_count      INT NOT NULL,
        pending_count     INT NOT NULL,
        sent_count        INT NOT NULL DEFAULT 0,
        failed_count      INT NOT NULL DEFAULT 0,
        unknown_count     INT NOT NULL DEFAULT 0,
        suppressed_count  INT NOT NULL DEFAULT 0,
        token             BIGINT NOT NULL DEFAULT 0,
        lease_owner       VARCHAR(100),
        leased_until      BIGINT,
        loss_count        INT NOT NULL DEFAULT 0,
        due_at            BIGINT,
        next_attempt_at   BIGINT,
        retry_at          BIGINT,
        open_since        BIGINT,
        first_handover_at BIGINT,
        last_handover_at  BIGINT,
        crc               BIGINT,
        cells             VARBINARY(1000),
        CHECK (pending_count BETWEEN 0 AND member_count),
        CHECK (sent_count + failed_count + unknown_count + suppressed_count + pending_count = member_count),
        INDEX ledger_due (stream, due_at, id),
        INDEX ledger_leased (lease_owner, stream),
        INDEX ledger_leased_until (leased_until)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 22,
    name: 'ledger-count',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS ledger_count (
        stream  BIGINT NOT NULL,
        code    INT NOT NULL,
        members BIGINT NOT NULL CHECK (members >= 0),
        PRIMARY KEY (stream, code)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 23,
    name: 'ledger-detail',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS ledger_detail (
        stream            BIGINT NOT NULL,
        ordinal           BIGINT NOT NULL,
        sequence          INT NOT NULL,
        at                BIGINT NOT NULL,
        cell_code         INT NOT NULL,
        vendor_code       TEXT,
        vendor_text       TEXT,
        vendor_message_id TEXT,
        PRIMARY KEY (stream, ordinal, sequence)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 24,
    name: 'ledger-detail-count',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS ledger_detail_count (
        stream  BIGINT NOT NULL PRIMARY KEY,
        details BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 25,
    name: 'ledger-error-count',
    level: 1,
    // code_hash: SHA-256 of the code, which a vendor may make as long as it likes.
    sql: `
      CREATE TABLE IF NOT EXISTS ledger_error_count (
        stream      BIGINT NOT NULL,
        code_hash   BINARY(32) NOT NULL,
        vendor_code TEXT NOT NULL,
        members     BIGINT NOT NULL,
        PRIMARY KEY (stream, code_hash)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 26,
    name: 'campaign-choice',
    level: 1,
    // Policy "first": the channel chosen for each member, one byte each; id = campaign × 2^21 + bucket.
    sql: `
      CREATE TABLE IF NOT EXISTS campaign_choice (
        id     BIGINT NOT NULL PRIMARY KEY,
        choice VARBINARY(1000) NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
