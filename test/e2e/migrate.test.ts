/** Tables brought to this program's version by the command, over a real database and over a data folder. */
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MIGRATIONS as MYSQL_STEPS } from '../../src/adapters/mysql/migrations/index.js';
import { MIGRATIONS as SQLITE_STEPS } from '../../src/adapters/sqlite/migrations/index.js';
import { cliRun } from '../support/cli-run.js';
import { serveNode } from '../support/served-node.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const step = z.object({ number: z.int(), name: z.string() });
const reportSchema = z.object({ done: z.array(step), pending: z.array(step) });

async function migrate(...options: string[]) {
  const { exitCode, stdout, stderr } = await cliRun(['migrate', ...options, '--json']);
  return { exitCode, stderr, ...(stdout === '' ? {} : reportSchema.parse(JSON.parse(stdout))) };
}

const numbersOf = (steps: readonly { readonly number: number }[] = []): number[] => steps.map(({ number }) => number);
const numbers = numbersOf(MYSQL_STEPS);

describeMysql('fanfare migrate over a database', () => {
  let database: TemporaryDatabase;
  let url: readonly [string, string];
  beforeEach(async () => {
    database = await temporaryDatabase();
    url = ['--mysql-url', database.url];
  });
  afterEach(() => database.drop());

  it('names what is pending and changes nothing, does it, and has nothing left to do', async () => {
    const before = await migrate('--check', ...url);
    expect(before.exitCode).toBe(1);
    expect(numbersOf(before.pending)).toEqual(numbers);
    expect(await database.query('SHOW TABLES')).toEqual([]);
    const run = await migrate(...url);
    expect(run.exitCode).toBe(0);
    expect(numbersOf(run.done)).toEqual(numbers);
    expect(await migrate('--check', ...url)).toMatchObject({ exitCode: 0, done: [], pending: [] });
    expect(await migrate(...url)).toMatchObject({ exitCode: 0, done: [], pending: [] });
  });

  it('may be run by four at once, beside a node that starts: each step is done once', async () => {
    const [node, ...runs] = await Promise.all([
      serveNode({ FANFARE_MYSQL_URL: database.url }),
      ...Array.from({ length: 4 }, () => migrate(...url)),
    ]);
    try {
      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
      const done = runs.flatMap((run) => numbersOf(run.done));
      expect(new Set(done).size, 'no step by two').toBe(done.length);
      const noted = await database.query('SELECT number FROM schema_migration ORDER BY number');
      expect(noted.map(({ number }) => number)).toEqual(numbers);
      expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
    } finally {
      await node.remove();
    }
  });

  it('goes on where a run died between a step and its note', async () => {
    await migrate(...url);
    await database.query('DELETE FROM schema_migration WHERE number >= 301');
    const check = await migrate('--check', ...url);
    expect(numbersOf(check.pending)).toEqual(numbers.filter((number) => number >= 301));
    expect((await migrate(...url)).exitCode).toBe(0);
    expect((await migrate('--check', ...url)).exitCode).toBe(0);
  });

  it('refuses a schema that this program is too old for, and works beside one that it can work beside', async () => {
    await migrate(...url);
    const [{ level = 0 } = {}] = await database.query('SELECT MAX(level) AS level FROM schema_migration');
    const note = 'INSERT INTO schema_migration (number, name, level, oldest_level) VALUES (?, ?, ?, ?)';
    await database.query(note, [9_001, 'next-release', Number(level) + 1, level]);
    expect(await migrate(...url)).toMatchObject({ exitCode: 0, done: [] });
    const node = await serveNode({ FANFARE_MYSQL_URL: database.url });
    await node.remove();
    await database.query(note, [9_002, 'release-after', Number(level) + 2, Number(level) + 1]);
    for (const options of [url, ['--check', ...url]]) {
      const { exitCode, stderr } = await migrate(...options);
      expect(JSON.parse(stderr)).toMatchObject({ code: 'STORE_TOO_NEW' });
      expect(exitCode).toBe(5);
    }
  });

  it('says that a server does not answer', async () => {
    const { exitCode, stderr } = await migrate('--mysql-url', 'mysql://root@127.0.0.1:1/none');
    expect(exitCode).toBe(5);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('fanfare migrate over a data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-migrate-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('names what is pending, does it, and leaves a folder that can be served', async () => {
    const database = new Database(join(folder, 'fanfare.db'));
    database.close();
    const steps = numbersOf(SQLITE_STEPS);
    const before = await migrate('--check', '--data', folder);
    expect(before.exitCode).toBe(1);
    expect(numbersOf(before.pending)).toEqual(steps);
    expect(numbersOf((await migrate('--data', folder)).done)).toEqual(steps);
    expect(await migrate('--check', '--data', folder)).toMatchObject({ exitCode: 0, pending: [] });
  });

  it('refuses a folder that somebody serves, and one that holds nothing', async () => {
    const { stderr } = await migrate('--data', folder);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    const node = await serveNode();
    const refused = await migrate('--check', '--data', node.dataFolder);
    expect(JSON.parse(refused.stderr)).toMatchObject({ code: 'DATA_FOLDER_LOCKED' });
    await node.remove();
  });
});
