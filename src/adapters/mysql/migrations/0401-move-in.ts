import type { Migration } from './migration.js';

export const moveIn: readonly Migration[] = [
  {
    number: 401,
    name: 'move-in',
    level: 1,
    // The folder that was copied here, if one was. While finished_at is null no node works on the database.
    sql: `
      CREATE TABLE IF NOT EXISTS move_in (
        id          TINYINT NOT NULL PRIMARY KEY CHECK (id = 1),
        move_id     VARCHAR(64) NOT NULL,
        started_at  BIGINT NOT NULL,
        finished_at BIGINT
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 402,
    name: 'move-in-part',
    level: 1,
    // How far it is; changes with the rows themselves.
    sql: `
      CREATE TABLE IF NOT EXISTS move_in_part (
        name      VARCHAR(64) NOT NULL PRIMARY KEY,
        row_count BIGINT NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
