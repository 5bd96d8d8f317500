import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowInserter } from './row-inserter.js';

describe('rows inserted many at once', () => {
  let database: Database.Database;
  beforeEach(() => {
    database = new Database(':memory:');
    database.exec('CREATE TABLE line (position INTEGER PRIMARY KEY, number INTEGER NOT NULL, text TEXT)');
  });
  afterEach(() => {
    database.close();
  });

  it.each([0, 1, 7, 8, 9, 63, 64, 72, 73, 200])('are all there, in the order given: %d of them', (count) => {
    const insert = rowInserter(database, 'line', ['number', 'text']);
    const numbers = Array.from({ length: count }, (_, index) => count - index);
    insert(numbers, (number) => [number, number % 2 === 0 ? null : `№ ${number}`]);
    const rows = database.prepare('SELECT number, text FROM line ORDER BY position').raw().all();
    expect(rows).toEqual(numbers.map((number) => [number, number % 2 === 0 ? null : `№ ${number}`]));
  });
});
