import type { Migration } from './migration.js';

export const promotions: readonly Migration[] = [
  {
    number: 4,
    name: 'promotion',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS promotion (
        promotion_id BIGINT NOT NULL PRIMARY KEY,
        version      INT NOT NULL CHECK (version >= 1),
        name         TEXT NOT NULL,
        description  TEXT,
        kind         VARCHAR(20) NOT NULL CHECK (kind IN ('fullReduction', 'directCut', 'gift', 'discount')),
        rule         MEDIUMTEXT NOT NULL CHECK (JSON_VALID(rule)),
        currency     CHAR(3) NOT NULL,
        scope        MEDIUMTEXT NOT NULL CHECK (JSON_VALID(scope)),
        starts_at    BIGINT NOT NULL,
        ends_at      BIGINT NOT NULL,
        created_by   VARCHAR(255) NOT NULL,
        created_at   BIGINT NOT NULL,
        edited_at    BIGINT,
        ended_at     BIGINT,
        campaign_id  BIGINT,
        CHECK (ends_at > starts_at)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 5,
    name: 'promotion-submit',
    level: 1,
    // The last accepted submit under each natural key: what makes a second one a duplicate. Made empty by whoever locks it.
    sql: `
      CREATE TABLE IF NOT EXISTS promotion_submit (
        natural_key  BINARY(32) NOT NULL PRIMARY KEY,
        request_hash BINARY(32),
        promotion_id BIGINT,
        submitted_at BIGINT,
        INDEX promotion_submit_by_time (submitted_at)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
