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
    const [rows] = await connection.query('SHOW DATABASES LIKE ?', [`${prefix.replaceAll('_', '\\_')}\\_%`]);
    for (const row of rows as Record<string, string>[])
      await connection.query(`DROP DATABASE ${Object.values(row)[0]}`);
    await connection.end();
  };
}
