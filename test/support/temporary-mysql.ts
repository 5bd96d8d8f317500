import { randomBytes } from 'node:crypto';
import { describe } from 'vitest';
import { MysqlStore, type MysqlStoreOptions } from '../../src/adapters/mysql/mysql-store.js';
import { ManualClock } from './manual-clock.js';
import { connectToMysql, MYSQL_SERVER, mysqlAnswers } from './mysql-server.js';

const answers = await mysqlAnswers();

/** `describe` where the server answers. Elsewhere it says so and skips; in CI an absent server is a failure. */
export function describeMysql(name: string, define: () => void): void {
  if (answers || process.env['CI'] === 'true') describe(name, define);
  else describe.skip(`${name} (not run: no MySQL or MariaDB answers at ${MYSQL_SERVER})`, define);
}

export interface TemporaryDatabase {
  readonly url: string;
  readonly port: number;
  readonly name: string;
  /** Statements of a test beside the store. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** An empty database with a name of its own. */
export async function temporaryDatabase(): Promise<TemporaryDatabase> {
  const name = `fanfare_test_${randomBytes(6).toString('hex')}`;
  const connection = await connectToMysql();
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  await connection.query(`USE ${name}`);
  return {
    url: `${MYSQL_SERVER}/${name}`,
    port: Number(new URL(MYSQL_SERVER).port || 3306),
    name,
    query: async (sql, values) => {
      const [rows] = await connection.query(sql, values);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    drop: async () => {
      await connection.query(`DROP DATABASE ${name}`);
      await connection.end();
    },
  };
}

/** A real store over a database of its own; `remove` closes it and drops the database. */
export async function temporaryMysqlStore(
  options: Partial<Omit<MysqlStoreOptions, 'url' | 'clock'>> = {},
  clock = new ManualClock(),
) {
  const database = await temporaryDatabase();
  const store = await MysqlStore.open({ ...options, url: database.url, clock });
  return {
    store,
    clock,
    database,
    remove: async (): Promise<void> => {
      await store.close();
      await database.drop();
    },
  };
}
