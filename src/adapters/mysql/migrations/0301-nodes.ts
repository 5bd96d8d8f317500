import type { Migration } from './migration.js';

export const nodes: readonly Migration[] = [
  {
    number: 301,
    name: 'node',
    level: 1,
    // Nodes that have not left; seen_at by the clock of this server.
    sql: `
      CREATE TABLE IF NOT EXISTS node (
        node_id        VARCHAR(64) NOT NULL PRIMARY KEY,
        version        VARCHAR(64) NOT NULL,
        roles          VARCHAR(127) NOT NULL,
        channels       VARCHAR(127) NOT NULL,
        started_at     BIGINT NOT NULL,
        is_pace_shared TINYINT NOT NULL CHECK (is_pace_shared IN (0, 1)),
        seen_at        BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 302,
    name: 'node-lease',
    level: 1,
    // Work that one node at a time does.
    sql: `
      CREATE TABLE IF NOT EXISTS node_lease (
        name         VARCHAR(64) NOT NULL PRIMARY KEY,
        node_id      VARCHAR(64) NOT NULL,
        leased_until BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 303,
    name: 'node-host-and-leaving',
    level: 1,
    // With defaults, so that programs that do not know the columns go on saying that they are there.
    sql: `
      ALTER TABLE node
        ADD COLUMN host       VARCHAR(255) NOT NULL DEFAULT '',
        ADD COLUMN is_leaving TINYINT NOT NULL DEFAULT 0 CHECK (is_leaving IN (0, 1))`,
    isThere: `
      SELECT 1 FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'node' AND column_name = 'is_leaving'`,
  },
];
