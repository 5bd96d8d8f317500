/**
 * A folder's rows as texts of SQL for the server, made inside SQLite: a row crosses into JavaScript once, as one string,
 * and nothing is parsed or bound on its way.
 *
 * Texts are written as MySQL reads them, with backslashes doubled; one that holds a zero character, which SQLite would
 * cut there, goes as bytes.
 */
import type Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { assert } from '../../core/assert.js';
import type { MovePart, MoveSource } from '../../move/move-ports.js';
import { MOVED_FACTS, MOVED_TABLES, TABLES_LEFT, type MovedFact, type MovedTable } from '../stored/moved-tables.js';
import { openReader } from './connection.js';

const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const LAST_TERM = "SELECT seq FROM sqlite_sequence WHERE name = 'member_term'";

/** The file's schema is this program's, and nobody writes to it. */
export function openMoveSource(file: string): MoveSource {
  const opened: Database.Database[] = [];
  const open = (): Database.Database => {
    const database = openReader(file);
    opened.push(database);
    database.function('sha256', { deterministic: true }, (text) => createHash('sha256').update(String(text)).digest());
    return database;
  };
  const database = open();
  checkTables(database);
  const texts = [...MOVED_TABLES.map((table) => textsOfTable(database, table)), ...MOVED_FACTS.map(textsOfFact)];
  return {
    lastTermId: database.prepare<[], number>(LAST_TERM).pluck().get() ?? 0,
    parts: texts.map((text) => partOf(database, open, text)),
    close: () => {
      for (const each of opened) each.close();
    },
  };
}

interface PartTexts {
  readonly name: string;
  readonly into: string;
  readonly columns: readonly string[];
  /** A table, or a select in brackets. */
  readonly from: string;
  /** An expression: the row as a text. */
  readonly row: string;
  readonly order: readonly string[];
}

function partOf(database: Database.Database, open: () => Database.Database, texts: PartTexts): MovePart {
  const { name, into, columns } = texts;
  const rowCount = database.prepare<[], number>(countOf(texts)).pluck().get() ?? 0;
  return {
    name,
    into,
    columns,
    rowCount,
    // A connection of its own: one that iterates does nothing else.
    rows: (place) => open().prepare<[number], string>(rowsOf(texts)).pluck().iterate(place),
  };
}

const countOf = ({ from }: PartTexts): string => `SELECT count(*) FROM ${from}`;

const rowsOf = ({ from, row, order }: PartTexts): string =>
  `SELECT ${row} FROM ${from} ORDER BY ${order.join(', ')} LIMIT -1 OFFSET ?`;

interface ColumnRow {
  readonly name: string;
  readonly type: string;
}

function textsOfTable(database: Database.Database, { name, key, renamed = {}, added = {} }: MovedTable): PartTexts {
  const columns = database.pragma(`table_info(${name})`) as ColumnRow[]; // shape fixed by SQLite
  return {
    name,
    into: name,
    columns: [...columns.map((column) => renamed[column.name] ?? column.name), ...Object.keys(added)],
    from: name,
    row: rowOf([
      ...columns.map((column) => ({ value: `"${column.name}"`, isText: column.type === 'TEXT' })),
      ...Object.values(added).map((value) => ({ value, isText: false })),
    ]),
    order: key.map((column) => `"${column}"`),
  };
}

const textsOfFact = ({ name, into, columns, sql }: MovedFact): PartTexts => ({
  name,
  into,
  columns,
  from: `(${sql})`,
  row: rowOf(columns.map((column) => ({ value: column, isText: false }))),
  order: columns,
});

interface Field {
  /** An expression of SQLite. */
  readonly value: string;
  readonly isText: boolean;
}

/** One call makes the whole row, in half the time of joining its values one by one; few rows need the other way. */
function rowOf(fields: readonly Field[]): string {
  const texts = fields.filter(({ isText }) => isText).map(({ value }) => value);
  const shape = fields.map(({ isText }) => (isText ? '%Q' : '%s')).join(',');
  const values = fields.map(({ value, isText }) => (isText ? value : `quote(${value})`));
  const row = `replace(format('(${shape})', ${values.join(', ')}), '\\', '\\\\')`;
  if (texts.length === 0) return row;
  const bytes = fields.map(({ value, isText }) => (isText ? bytesOf(value) : `quote(${value})`));
  return `CASE WHEN instr(concat(${texts.join(', ')}), char(0)) THEN '(' || ${bytes.join(" || ',' || ")} || ')' ELSE ${row} END`;
}

const bytesOf = (text: string): string =>
  `CASE WHEN ${text} IS NULL THEN 'NULL' ELSE '_utf8mb4 ' || quote(CAST(${text} AS BLOB)) END`;

function checkTables(database: Database.Database): void {
  const known = new Set([...MOVED_TABLES.map(({ name }) => name), ...Object.keys(TABLES_LEFT)]);
  const strange = database
    .prepare<[], string>(TABLES)
    .pluck()
    .all()
    .filter((name) => !known.has(name));
  assert(strange.length === 0, `a move knows every table of the folder, and not ${strange.join(', ')}`);
}
