/**
 * Databases that one worker of the run uses again and again: a schema takes half a second to make, so that a test gets
 * one from the test before it, emptied.
 */
import type { Connection } from 'mysql2/promise';
import { MysqlStore } from '../../src/adapters/mysql/mysql-store.js';
import { checkAppendedEvents, type EventRow } from './appended-events.js';
import { withNames, type ColumnNames } from './column-names.js';
import type { ManualClock } from './manual-clock.js';
import { connectToMysql, MYSQL_SERVER } from './mysql-server.js';
import { WorkInFlight } from './work-in-flight.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** How the names of this run's databases begin. */
    mysqlDatabases?: string;
  }
}

/** Hold what migrations wrote; no use case writes there. */
const KEPT = ['schema_migration', 'schema_lock', 'suppression_gate'];
const TABLES = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()';

const NAMES: ColumnNames = { '{event.key}': 'event_key', '{group.cursor}': 'read_upto' };

const inUse = new Set<string>();

/** An empty store over MySQL; the clock stands still while the server works. */
export async function sharedMysqlStore(prefix: string, clock: ManualClock) {
  const name = freeName(prefix);
  inUse.add(name);
  const connection = await connectToMysql();
  await connection.query(`CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await connection.changeUser({ database: name });
  const work = new WorkInFlight();
  clock.standStillFor(() => work.ends());
  const opened: MysqlStore[] = [];
  const open = async () => {
    const store = await MysqlStore.open({ url: `${MYSQL_SERVER}/${name}`, clock });
    opened.push(store);
    return work.watch(store);
  };
  const store = await open();
  await empty(connection);
  return {
    store,
    clock,
    openAgain: open,
    query: (sql: string, values?: readonly unknown[]) => rowsOf(connection, withNames(sql, NAMES), values),
    rows: async () => rowsOfAll(connection, JSON.stringify),
    kept: async () => Object.values(await rowsOfAll(connection, textOf)).join('\n'),
    remove: async () => {
      for (const each of opened) await each.close();
      try {
        checkAppendedEvents(await rowsOf<EventRow>(connection, 'SELECT topic, event_key AS `key`, body FROM event'));
      } finally {
        await connection.end();
        inUse.delete(name);
      }
    },
  };
}

/** The first of this worker that no open store of this file has. */
function freeName(prefix: string): string {
  const worker = process.env['VITEST_POOL_ID'] ?? '0';
  for (let number = 1; ; number++) {
    const name = `${prefix}_${worker}_${number}`;
    if (!inUse.has(name)) return name;
  }
}

const tablesOf = async (connection: Connection): Promise<readonly string[]> =>
  (await rowsOf<{ name: string }>(connection, TABLES)).map(({ name }) => name);

async function empty(connection: Connection): Promise<void> {
  const filled = (await tablesOf(connection))
    .filter((table) => !KEPT.includes(table))
    .map((table) => `(SELECT '${table}' AS name FROM ${table} LIMIT 1)`);
  for (const { name } of await rowsOf<{ name: string }>(connection, filled.join(' UNION ALL ')))
    await connection.query(`DELETE FROM ${name}`);
}

async function rowsOfAll(
  connection: Connection,
  write: (rows: Record<string, unknown>[]) => string,
): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const table of await tablesOf(connection))
    all[table] = write(await rowsOf(connection, `SELECT * FROM ${table}`));
  return all;
}

/** Bytes as if they were text, so that a text in them is found. */
const textOf = (rows: Record<string, unknown>[]): string => rows.flatMap((row) => Object.values(row)).join('\n');

async function rowsOf<Row = Record<string, unknown>>(
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const [rows] = await connection.query(sql, [...values]);
  return Array.isArray(rows) ? (rows as Row[]) : []; // the columns that the statement names
}
