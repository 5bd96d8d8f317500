import type { Migration } from './migration.js';

export const base: readonly Migration[] = [
  {
    number: 1,
    name: 'id-allocator',
    level: 1,
    // One row per kind of id; ids are taken in blocks and never given twice.
    sql: `
      CREATE TABLE IF NOT EXISTS id_allocator (
        kind    VARCHAR(32) NOT NULL PRIMARY KEY,
        next_id BIGINT NOT NULL CHECK (next_id >= 0)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 2,
    name: 'setting',
    level: 1,
    // Facts of the whole database, such as keys made at its first start.
    sql: `
      CREATE TABLE IF NOT EXISTS setting (
        name  VARCHAR(100) NOT NULL PRIMARY KEY,
        value MEDIUMBLOB NOT NULL
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 3,
    name: 'store-commit',
    level: 1,
    // The number of the last commit of each place in which a node runs transactions: what a lost reply is looked up by.
    sql: `
      CREATE TABLE IF NOT EXISTS store_commit (
        writer       CHAR(16) NOT NULL,
        place        INT NOT NULL,
        sequence     BIGINT NOT NULL,
        committed_at BIGINT NOT NULL,
        PRIMARY KEY (writer, place)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
