import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { connectToMysql } from './mysql-server.js';
import type {} from './shared-mysql.js';

/** Has `temporaryStore` open databases of MySQL in this project, and drops them after the run. */
export default function nameDatabases(project: TestProject): () => Promise<void> {
  const prefix = `fanfare_test_${randomBytes(4).toString('hex')}`;
  project.provide('mysqlDatabases', prefix);
  return async () => {
    const connection = await connectToMysql();
    const [rows] = await connection.query(
      'SELECT schema_name AS name FROM information_schema.schemata WHERE LEFT(schema_name, ?) = ?',
      [prefix.length, prefix],
    );
    for (const { name } of rows as { name: string }[]) await connection.query(`DROP DATABASE ${name}`);
    await connection.end();
  };
}
