import Database from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { checkSchema } from './schema-check.js';
import { migrate } from './migrate.js';

let database: Database.Database | undefined;
afterEach(() => database?.close());

/** A new store whose schema was changed behind SQLite's back. */
function damaged(change: string): Database.Database {
  database = new Database(':memory:');
  migrate(database);
  database.unsafeMode(true);
  database.pragma('writable_schema = ON');
  expect(database.prepare(`UPDATE sqlite_schema SET ${change}`).run().changes).toBe(1);
  database.pragma('writable_schema = RESET'); // reads the schema anew
  return database;
}

it('accepts a new store', () => {
  database = new Database(':memory:');
  migrate(database);
  const store = database;
  expect(() => {
    checkSchema(store);
  }).not.toThrow();
});

it('refuses a letter of a column in the other case', () => {
  const store = damaged(`sql = replace(sql, 'policy', 'Policy') WHERE name = 'campaign'`);
  expect(() => {
    checkSchema(store);
  }).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error);
});

it('refuses a store that lacks an index', () => {
  const store = (database = new Database(':memory:'));
  migrate(store);
  const index = store.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL`).pluck().get();
  store.exec(`DROP INDEX ${String(index)}`);
  expect(() => {
    checkSchema(store);
  }).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error);
});
