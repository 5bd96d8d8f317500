import type Database from 'better-sqlite3';
import { DomainError } from '../../core/errors.js';
import { MIGRATIONS } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';

/**
 * Brings a store to this program's schema. Each step commits with its number, so a killed run goes on where it was.
 * @throws DomainError `STORE_TOO_NEW` when a newer program has already changed the store.
 */
export function migrate(database: Database.Database, migrations: readonly Migration[] = MIGRATIONS): void {
  for (const migration of pendingSteps(database, migrations)) {
    database
      .transaction(() => {
        database.exec(migration.sql);
        database.pragma(`user_version = ${migration.number}`);
      })
      .immediate();
  }
}

/**
 * The steps that a store has not seen, in their order; changes nothing.
 * @throws DomainError `STORE_TOO_NEW` as above.
 */
export function pendingSteps(
  database: Database.Database,
  migrations: readonly Migration[] = MIGRATIONS,
): readonly Migration[] {
  const current = Number(database.pragma('user_version', { simple: true }));
  const newest = migrations.at(-1)?.number ?? 0;
  if (current > newest) {
    throw new DomainError(
      'STORE_TOO_NEW',
      `The data folder has schema ${current}, this program knows ${newest}; start it with the newer program that wrote it.`,
      { schema: current, known: newest },
    );
  }
  return migrations.filter(({ number }) => number > current);
}
