/**
 * Whether a store has the tables, columns and indexes that its migrations make. A damaged byte of the schema's text may
 * still be good SQL: a letter of a column in the other case is found by statements and missing in their rows.
 */
import Database from 'better-sqlite3';
import { DomainError } from '../../core/errors.js';
import { migrate } from './migrate.js';

/** The structure and not the text, which another version of SQLite may write in other words. */
const STRUCTURE = `
  SELECT entry.type, entry.name, entry.tbl_name, column.cid, column.name, column.type, column."notnull",
    column.dflt_value, column.pk, column.hidden
  FROM sqlite_schema AS entry JOIN pragma_table_xinfo(entry.name) AS column
  WHERE entry.type = 'table' AND entry.name NOT LIKE 'sqlite_%'
  UNION ALL
  SELECT entry.type, entry.name, entry.tbl_name, column.seqno, column.name, column.desc, column.coll, column.key, NULL, NULL
  FROM sqlite_schema AS entry JOIN pragma_index_xinfo(entry.name) AS column
  WHERE entry.type = 'index'
  ORDER BY 1, 2, 4`;

let expected: string | undefined;

/** @throws DomainError `STORE_CORRUPT`. */
export function checkSchema(database: Database.Database): void {
  expected ??= newStructure();
  if (structureOf(database) === expected) return;
  throw new DomainError(
    'STORE_CORRUPT',
    'The tables of the store are not those that this program makes: the file was damaged, or changed by hand. Follow docs/OPERATING.md.',
    { what: 'the schema' },
  );
}

/** Of an empty store that this program made. */
function newStructure(): string {
  const empty = new Database(':memory:');
  try {
    migrate(empty);
    return structureOf(empty);
  } finally {
    empty.close();
  }
}

const structureOf = (database: Database.Database): string => JSON.stringify(database.prepare(STRUCTURE).raw().all());
