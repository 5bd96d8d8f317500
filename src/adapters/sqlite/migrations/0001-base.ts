import type { Migration } from './migration.js';

export const base: Migration = {
  number: 1,
  name: 'base',
  sql: `
    -- One row per kind of id; ids are taken in blocks and never given twice.
    CREATE TABLE id_allocator (
      kind    TEXT PRIMARY KEY,
      next_id INTEGER NOT NULL CHECK (next_id >= 0)
    ) STRICT, WITHOUT ROWID;

    -- Facts of the whole folder, such as keys made at its first start.
    CREATE TABLE setting (
      name  TEXT PRIMARY KEY,
      value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
