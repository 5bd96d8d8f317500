/** What a folder holds against what a database holds, read by plain SQL on both sides: the judge of a move. */
import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';

type Row = Readonly<Record<string, unknown>>;

/** Columns that are called something else in the database. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  event: { key: 'event_key' },
  delivery: { key: 'event_key' },
  dead_letter: { key: 'event_key' },
  consumer_group: { cursor: 'read_upto' },
};

/** Rows that only one of the two has, by table; empty where both hold the same. */
export async function contentDifferences(file: string, url: string): Promise<readonly string[]> {
  const folder = new Database(file, { readonly: true });
  const database = await mysql.createConnection({ uri: url, jsonStrings: true, supportBigNumbers: true });
  try {
    const differences: string[] = [];
    for (const table of tablesOf(folder)) {
      const expected = expectedRows(folder, table);
      const found = table === 'inbox_row_blocks' ? await rowBlocks(database) : await foundRows(database, table);
      differences.push(...difference(table, expected, found));
    }
    const places = folder.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event'").pluck().all();
    const [sequence] = await database.query<RowDataPacket[]>('SELECT id, position FROM event_sequence');
    differences.push(
      ...difference(
        'event_sequence',
        places.map((position) => textOf({ id: 1, position })),
        sequence.map(textOf),
      ),
    );
    return differences;
  } finally {
    folder.close();
    await database.end();
  }
}

export function tablesOf(folder: Database.Database): readonly string[] {
  const tables = folder
    .prepare<[], { readonly name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  return tables.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'));
}

function expectedRows(folder: Database.Database, table: string): string[] {
  const rows = folder.prepare<[], Row>(`SELECT * FROM ${table}`).all();
  if (table === 'inbox_row_blocks') return blocksOfBits(rows);
  return rows.map((row) => {
    const names = RENAMED[table] ?? {};
    const renamed = Object.fromEntries(Object.entries(row).map(([name, value]) => [names[name] ?? name, value]));
    return textOf({ ...renamed, ...addedTo(table, row) });
  });
}

/** What the database has beyond the folder. */
function addedTo(table: string, row: Row): Row {
  if (table === 'event') return { arrival: row['position'] };
  if (table === 'member_address_backlog') return { indexer: null };
  if (table === 'ledger_error_count') {
    return { code_hash: createHash('sha256').update(String(row['vendor_code']), 'utf8').digest() };
  }
  return {};
}

async function foundRows(database: Connection, table: string): Promise<string[]> {
  const only = table === 'inbox_block' ? 'WHERE delivered IS NOT NULL' : '';
  const [rows] = await database.query<RowDataPacket[]>(`SELECT * FROM ${table} ${only}`);
  return rows.map(textOf);
}

/** Blocks that keep a campaign in rows: marked by a bit here, by a row without a bitmap there. */
function blocksOfBits(rows: readonly Row[]): string[] {
  const blocks: string[] = [];
  for (const { segment, campaign_id, blocks: bits } of rows) {
    const bytes = bits as Buffer; // its column
    for (let index = 0; index < 1_000; index++) {
      const isSet = ((bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
      if (isSet) blocks.push(textOf({ block: Number(segment) * 1_000 + index, campaign_id }));
    }
  }
  return blocks;
}

async function rowBlocks(database: Connection): Promise<string[]> {
  const sql = 'SELECT block, campaign_id FROM inbox_block WHERE delivered IS NULL';
  const [rows] = await database.query<RowDataPacket[]>(sql);
  return rows.map(textOf);
}

function difference(table: string, expected: readonly string[], found: readonly string[]): string[] {
  const [here, there] = [countsOf(expected), countsOf(found)];
  const all = new Set([...here.keys(), ...there.keys()]);
  return [...all]
    .filter((row) => here.get(row) !== there.get(row))
    .map((row) => `${table}: ${row} ${here.get(row) ?? 0} times in the folder, ${there.get(row) ?? 0} in the database`);
}

function countsOf(rows: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}

const textOf = (row: Row): string =>
  JSON.stringify(
    Object.entries(row)
      .map(([name, value]) => [name, Buffer.isBuffer(value) ? `x${value.toString('hex')}` : value])
      .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)),
  );
