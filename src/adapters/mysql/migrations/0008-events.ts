import type { Migration } from './migration.js';

/**
 * Transactions commit in another order than they append, so an event has no place when it is written: `arrival` only
 * tells rows apart. Whoever leases gives places to what has been committed since, one at a time.
 */
export const events: readonly Migration[] = [
  {
    number: 8,
    name: 'event',
    level: 1,
    sql: `
      CREATE TABLE IF NOT EXISTS event (
        arrival    BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
        position   BIGINT UNIQUE,
        topic      VARCHAR(127) NOT NULL,
        event_key  VARCHAR(255) NOT NULL,
        body       LONGTEXT NOT NULL,
        sent_at    BIGINT NOT NULL,
        deliver_at BIGINT,
        INDEX event_by_topic (topic, position)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 9,
    name: 'event-sequence',
    level: 1,
    // The last place given; its lock is what makes places ascend in the order of commits.
    sql: `
      CREATE TABLE IF NOT EXISTS event_sequence (
        id       INT NOT NULL PRIMARY KEY,
        position BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 10,
    name: 'consumer-group',
    level: 1,
    // A group has seen everything up to its cursor; what of that is not done yet has a delivery row.
    sql: `
      CREATE TABLE IF NOT EXISTS consumer_group (
        topic       VARCHAR(127) NOT NULL,
        group_name  VARCHAR(127) NOT NULL,
        read_upto   BIGINT NOT NULL DEFAULT 0,
        created_at  BIGINT NOT NULL,
        PRIMARY KEY (topic, group_name),
        INDEX consumer_group_by_name (group_name, topic)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 11,
    name: 'delivery',
    level: 1,
    // due_at: end of the lease, or when to deliver (again); null while an earlier message of its key is outstanding.
    sql: `
      CREATE TABLE IF NOT EXISTS delivery (
        topic      VARCHAR(127) NOT NULL,
        group_name VARCHAR(127) NOT NULL,
        position   BIGINT NOT NULL,
        event_key  VARCHAR(255) NOT NULL,
        is_ordered TINYINT NOT NULL CHECK (is_ordered IN (0, 1)),
        is_leased  TINYINT NOT NULL CHECK (is_leased IN (0, 1)),
        attempts   INT NOT NULL CHECK (attempts >= 0),
        due_at     BIGINT,
        PRIMARY KEY (topic, group_name, position),
        INDEX delivery_by_due (topic, group_name, due_at, position),
        INDEX delivery_by_key (topic, group_name, event_key, is_ordered, position)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 12,
    name: 'dead-letter',
    level: 1,
    // Holds its own copy of the message: the event itself is deleted after its time.
    sql: `
      CREATE TABLE IF NOT EXISTS dead_letter (
        group_name VARCHAR(127) NOT NULL,
        position   BIGINT NOT NULL,
        topic      VARCHAR(127) NOT NULL,
        event_key  VARCHAR(255) NOT NULL,
        body       LONGTEXT NOT NULL,
        reason     TEXT NOT NULL,
        attempts   INT NOT NULL,
        died_at    BIGINT NOT NULL,
        PRIMARY KEY (group_name, position)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 13,
    name: 'event-watermark',
    level: 1,
    // "At noted_at every reader of the topic had done with everything up to position": what retention counts from.
    sql: `
      CREATE TABLE IF NOT EXISTS event_watermark (
        topic    VARCHAR(127) NOT NULL,
        noted_at BIGINT NOT NULL,
        position BIGINT NOT NULL,
        PRIMARY KEY (topic, noted_at)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
