import type { Migration } from './migration.js';

export const inbox: readonly Migration[] = [
  {
    number: 27,
    name: 'inbox-block',
    level: 1,
    // delivered: null where the block keeps the campaign in rows. The row is then the lock of those rows, and their mark.
    sql: `
      CREATE TABLE IF NOT EXISTS inbox_block (
        block       BIGINT NOT NULL,
        campaign_id BIGINT NOT NULL,
        delivered   BINARY(125),
        read_marks  BINARY(125),
        PRIMARY KEY (block, campaign_id)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 28,
    name: 'inbox-row',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS inbox_row (
        ordinal     BIGINT NOT NULL,
        campaign_id BIGINT NOT NULL,
        is_read     TINYINT NOT NULL DEFAULT 0,
        PRIMARY KEY (ordinal, campaign_id)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
