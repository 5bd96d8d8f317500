import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/adapters/sqlite/migrate.js';
import { MIGRATIONS } from '../../src/adapters/sqlite/migrations/index.js';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { workerFile } from '../../src/core/worker-file.js';
import { reportAudit } from '../../src/ledger/audit.js';
import { auditOf, writeBooks } from '../support/audit-books.js';
import { minutes, reportFigures, size } from '../support/proof.js';
import { live } from '../support/victim.js';

const VICTIM = fileURLToPath(workerFile(import.meta.url, './migrate-victim.js'));
/** Every point of the sweep at full size; one of these in the gate. */
const STRIDE = size(12, 1);
const NEWEST = MIGRATIONS.at(-1)?.number ?? 0;
/** The schema before leases had a time; every step since then can be taken back. */
const BEFORE_LEASES = 8;

describe('a store of an older schema', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-migrate-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const schemaOf = (file: string): unknown => {
    const database = new Database(file);
    const tables = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
    const version = database.pragma('user_version', { simple: true });
    const integrity = database.pragma('integrity_check', { simple: true });
    database.close();
    return { tables, version, integrity };
  };
  const namesOf = (database: Database.Database, sql: string): ReadonlySet<string> =>
    new Set(database.prepare(sql).pluck().all().map(String));
  /** Takes the tables, indexes and columns of a store away that an older one has not. */
  const takeBack = (file: string, olderFile: string): void => {
    const older = new Database(olderFile);
    const database = new Database(file);
    const strangers = (sql: string): readonly string[] => {
      const known = namesOf(older, sql);
      return [...namesOf(database, sql)].filter((name) => !known.has(name));
    };
    for (const kind of ['table', 'index']) {
      const named = `SELECT name FROM sqlite_schema WHERE type = '${kind}' AND sql IS NOT NULL`;
      for (const name of strangers(named)) database.exec(`DROP ${kind} IF EXISTS ${name}`);
    }
    for (const table of namesOf(database, `SELECT name FROM sqlite_schema WHERE type = 'table'`)) {
      const columns = strangers(`SELECT name FROM pragma_table_info('${table}')`);
      for (const column of columns) database.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    }
    database.pragma(`user_version = ${Number(older.pragma('user_version', { simple: true }))}`);
    older.close();
    database.close();
  };
  const migrated = (name: string, upTo: number): string => {
    const file = join(folder, name);
    const database = new Database(file);
    migrate(
      database,
      MIGRATIONS.filter(({ number }) => number <= upTo),
    );
    database.close();
    return file;
  };

  it(
    'ends in the same schema after a kill at any statement of its migration',
    async () => {
      const wanted = schemaOf(migrated('wanted.db', NEWEST));
      const whole = await live(process.execPath, [VICTIM, join(folder, 'whole.db'), '0']);
      const count = Number(whole.said[0]);
      let kills = 0;
      for (let point = 1; point <= count; point += STRIDE) {
        const file = join(folder, `point-${point}.db`);
        const life = await live(process.execPath, [VICTIM, file, String(point)]);
        expect(life.wasKilled, life.complaints).toBe(true);
        kills++;
        const again = await live(process.execPath, [VICTIM, file, '0']);
        expect(again.code, again.complaints).toBe(0);
        expect(schemaOf(file), `killed at ${point} of ${count}`).toEqual(wanted);
      }
      expect(kills).toBeGreaterThanOrEqual(size(4, 50));
      reportFigures('R26', { 'kills in mid-migration': kills, 'other schemas after them': 0 });
    },
    minutes(10, 10),
  );

  it('is brought to this one from every number before it', () => {
    const wanted = schemaOf(migrated('wanted.db', NEWEST));
    for (let number = 0; number < NEWEST; number++) {
      const file = migrated(`from-${number}.db`, number);
      const database = new Database(file);
      migrate(database);
      database.close();
      expect(schemaOf(file), `from ${number}`).toEqual(wanted);
    }
  });

  it('keeps its books: what an older schema held balances after the steps', async () => {
    const file = join(folder, 'books.db');
    const before = new SqliteStore({ file, clock: systemClock });
    await writeBooks(before);
    await before.close();
    takeBack(file, migrated('older.db', BEFORE_LEASES));
    const store = new SqliteStore({ file, clock: systemClock });
    expect((await reportAudit(auditOf({ store, clock: systemClock }))).differences).toEqual([]);
    await store.close();
    reportFigures('R26', { 'stores of an older schema': 1 });
  });

  it('is refused in a clear line when it is newer than this program', () => {
    const file = migrated('newer.db', NEWEST);
    const database = new Database(file);
    database.pragma(`user_version = ${NEWEST + 1}`);
    database.close();
    expect(() => new SqliteStore({ file, clock: systemClock })).toThrow(
      `The data folder has schema ${NEWEST + 1}, this program knows ${NEWEST}; start it with the newer program that wrote it.`,
    );
  });
});
