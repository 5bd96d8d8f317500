import type { Migration } from './migration.js';

export const campaigns: readonly Migration[] = [
  {
    number: 14,
    name: 'audience',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS audience (
        audience_id   BIGINT NOT NULL PRIMARY KEY,
        definition    MEDIUMTEXT NOT NULL,
        freeze_cursor BIGINT NOT NULL DEFAULT 0,
        member_count  BIGINT NOT NULL DEFAULT 0,
        bucket_count  BIGINT NOT NULL DEFAULT 0,
        frozen_at     BIGINT
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 15,
    name: 'audience-bucket',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS audience_bucket (
        id            BIGINT NOT NULL PRIMARY KEY,
        audience_id   BIGINT NOT NULL,
        first_ordinal BIGINT NOT NULL,
        until_ordinal BIGINT NOT NULL,
        member_count  INT NOT NULL CHECK (member_count BETWEEN 1 AND 1000),
        form          TINYINT NOT NULL CHECK (form BETWEEN 0 AND 2),
        members       BLOB,
        crc           BIGINT NOT NULL,
        CHECK (until_ordinal > first_ordinal),
        UNIQUE INDEX audience_bucket_by_ordinal (audience_id, first_ordinal)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 16,
    name: 'message-version',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS message_version (
        message_version_id BIGINT NOT NULL PRIMARY KEY,
        message            MEDIUMTEXT NOT NULL,
        created_at         BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 17,
    name: 'campaign',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS campaign (
        campaign_id        BIGINT NOT NULL PRIMARY KEY,
        name               TEXT NOT NULL,
        promotion_id       BIGINT,
        parent_campaign_id BIGINT,
        shares_references  TINYINT NOT NULL DEFAULT 0 CHECK (shares_references IN (0, 1)),
        class              VARCHAR(20) NOT NULL,
        state              VARCHAR(20) NOT NULL,
        pause_reasons      TEXT NOT NULL,
        policy             VARCHAR(20) NOT NULL,
        audience_id        BIGINT NOT NULL,
        launch_at          BIGINT,
        launched_at        BIGINT,
        deliver_until      BIGINT,
        expected_members   BIGINT,
        max_members        BIGINT,
        common_fields      MEDIUMTEXT NOT NULL,
        version            INT NOT NULL,
        created_at         BIGINT NOT NULL,
        created_by         VARCHAR(255) NOT NULL,
        ended_at           BIGINT,
        cells_forgotten_at BIGINT,
        INDEX campaign_by_state (state, campaign_id)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 18,
    name: 'campaign-channel',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS campaign_channel (
        campaign_id         BIGINT NOT NULL,
        channel             TINYINT NOT NULL,
        position            INT NOT NULL,
        pause_reasons       TEXT NOT NULL,
        mode                VARCHAR(20) NOT NULL,
        message_version_id  BIGINT NOT NULL,
        members_per_second  DOUBLE,
        requests_per_second DOUBLE,
        price_minor         DOUBLE,
        currency            CHAR(3),
        settled_at          BIGINT,
        first_handover_at   BIGINT,
        last_outcome_at     BIGINT,
        PRIMARY KEY (campaign_id, channel)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 19,
    name: 'campaign-move',
    level: 1,
    // Numbers only put the moves of one campaign in an order; nobody reads on from one.
    sql: `
      CREATE TABLE IF NOT EXISTS campaign_move (
        move_id     BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
        campaign_id BIGINT NOT NULL,
        at          BIGINT NOT NULL,
        actor       VARCHAR(255) NOT NULL,
        move        VARCHAR(255) NOT NULL,
        detail      TEXT,
        INDEX campaign_move_by_campaign (campaign_id, move_id)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 20,
    name: 'dry-run',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS dry_run (
        dry_run_id       BIGINT NOT NULL PRIMARY KEY,
        campaign_id      BIGINT NOT NULL,
        campaign_version INT NOT NULL,
        member_count     BIGINT NOT NULL,
        launch_at        BIGINT,
        expiring_count   BIGINT NOT NULL,
        result           MEDIUMTEXT NOT NULL,
        made_at          BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
