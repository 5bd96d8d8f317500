import type { Migration } from './migration.js';

const bitsTable = (name: string): string => `
  CREATE TABLE IF NOT EXISTS ${name} (
    coupon_id  BIGINT NOT NULL,
    block      BIGINT NOT NULL,
    run_id     BIGINT NOT NULL,
    granted_at BIGINT NOT NULL,
    bits       BINARY(125),
    PRIMARY KEY (coupon_id, block, run_id)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`;

export const issueRuns: readonly Migration[] = [
  {
    number: 521,
    name: 'coupon-given-eagerly',
    level: 1,
    // Whether bits of it may exist; whether the rest is given just before it closes; when it was taken back.
    sql: `
      ALTER TABLE coupon
        ADD COLUMN given_eagerly TINYINT NOT NULL DEFAULT 0 CHECK (given_eagerly IN (0, 1)),
        ADD COLUMN sweep_at_close TINYINT NOT NULL DEFAULT 0 CHECK (sweep_at_close IN (0, 1)),
        ADD COLUMN recalled_at BIGINT`,
    isThere: `
      SELECT 1 FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'coupon' AND column_name = 'recalled_at'`,
  },
  {
    number: 522,
    name: 'coupon-run',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS coupon_run (
        run_id        BIGINT NOT NULL PRIMARY KEY,
        coupon_id     BIGINT NOT NULL,
        state         VARCHAR(20) NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'cutOff')),
        cause         VARCHAR(20) NOT NULL CHECK (cause IN ('person', 'close')),
        audience_id   BIGINT,
        cursor_block  BIGINT NOT NULL CHECK (cursor_block >= 0),
        until_block   BIGINT NOT NULL CHECK (until_block >= 0),
        granted       BIGINT NOT NULL DEFAULT 0 CHECK (granted >= 0),
        already_held  BIGINT NOT NULL DEFAULT 0 CHECK (already_held >= 0),
        without_stock BIGINT NOT NULL DEFAULT 0 CHECK (without_stock >= 0),
        gone          BIGINT NOT NULL DEFAULT 0 CHECK (gone >= 0),
        left_over     BIGINT CHECK (left_over >= 0),
        created_by    VARCHAR(255) NOT NULL,
        created_at    BIGINT NOT NULL,
        ended_at      BIGINT,
        KEY coupon_run_by_coupon (coupon_id, run_id),
        KEY coupon_run_by_state (state, run_id),
        CHECK ((ended_at IS NULL) = (state IN ('running', 'paused'))),
        CHECK ((ended_at IS NULL) = (left_over IS NULL))
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  // Bits go one by one as grants become rows; the journal's stay. No bytes where all 1,000 are set.
  { number: 523, name: 'coupon-bits', level: 1, sql: bitsTable('coupon_bits') },
  { number: 524, name: 'coupon-bits-journal', level: 1, sql: bitsTable('coupon_bits_journal') },
];
