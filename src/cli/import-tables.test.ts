import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { cliRun, type CliOutcome } from '../../test/support/cli-run.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../test/support/temporary-mysql.js';

const MEMBERS = 2_300;
const MAP = ['--map', 'id=memberId', '--map', 'membership_point.member_level=level'];

/** 2,300 accounts, with a level each in a table beside. */
async function shopDatabase(): Promise<TemporaryDatabase> {
  const database = await temporaryDatabase();
  await database.query(`CREATE TABLE membership_account (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), email VARCHAR(100), update_time DATETIME NOT NULL)`);
  await database.query(
    'CREATE TABLE membership_point (user_account_id BIGINT NOT NULL PRIMARY KEY, member_level INT NOT NULL)',
  );
  await database.query('INSERT INTO membership_account (name, email, update_time) VALUES ?', [
    Array.from({ length: MEMBERS }, (_, index) => [
      `会员 ${index + 1}`,
      index === 9 ? 'nonsense' : null,
      '2026-10-01 00:00:00',
    ]),
  ]);
  await database.query('INSERT INTO membership_point VALUES ?', [
    Array.from({ length: MEMBERS }, (_, index) => [index + 1, (index + 1) % 5]),
  ]);
  return database;
}

describeMysql("importing a shop's own tables by the command line", () => {
  let fixture: HttpFixture;
  let database: TemporaryDatabase;
  let environment: Record<string, string>;
  let state: string;

  const importAccounts = (...more: string[]): Promise<CliOutcome> =>
    cliRun(
      [
        ...['members', 'import', database.url, '--table', 'membership_account', ...MAP],
        ...['--rejects', join(fixture.folder, 'refused.csv'), ...more],
      ],
      { environment, clock: fixture.clock },
    );
  const counts = ({ stdout }: CliOutcome): readonly number[] =>
    ['added', 'changed', 'unchanged', 'refused'].map((word) =>
      Number(new RegExp(`^ *${word} +([\\d,]+)`, 'm').exec(stdout)?.[1]?.replaceAll(',', '')),
    );
  const kept = (): unknown => JSON.parse(readFileSync(state, 'utf8'));

  beforeEach(async () => {
    fixture = await httpFixture();
    state = join(fixture.folder, 'shop.json');
    const { url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 });
    environment = { FANFARE_URL: url };
    database = await shopDatabase();
  });
  afterEach(async () => {
    await database.drop();
    await fixture.remove();
  });

  it('takes them all, and the same again changes nothing', async () => {
    const first = await importAccounts();
    expect(first.exitCode, first.stderr).toBe(0);
    expect(counts(first)).toEqual([MEMBERS - 1, 0, 0, 1]);
    expect(readFileSync(join(fixture.folder, 'refused.csv'), 'utf8')).toContain('email');
    expect(first.stderr).toContain('left out: update_time');
    expect(counts(await importAccounts())).toEqual([0, 0, MEMBERS - 1, 1]);
    const shown = await cliRun(['members', 'show', '17'], { environment, clock: fixture.clock });
    expect(shown.stdout).toMatch(/会员 17/);
    expect(shown.stdout).toMatch(/level +2/);
  });

  it('goes on where a run was broken off, and then reads what was updated since', async () => {
    const incremental = ['--state', state, '--updated-at', 'update_time'];
    const place = { table: 'membership_account', updatedAt: 'update_time', after: ['2200'], since: null };
    writeFileSync(state, JSON.stringify({ ...place, next: '2026-09-30 23:59:00.000' }));
    expect(counts(await importAccounts(...incremental))).toEqual([100, 0, 0, 0]);
    expect(kept()).toEqual({
      ...place,
      after: null,
      since: '2026-09-30 23:59:00.000',
      next: '2026-09-30 23:59:00.000',
    });

    await database.query("UPDATE membership_account SET update_time = '2026-09-01'");
    await database.query(
      "UPDATE membership_account SET update_time = '2026-11-01', name = 'new' WHERE id IN (1, 2300)",
    );
    expect(counts(await importAccounts(...incremental))).toEqual([1, 1, 0, 0]);
    expect(kept()).toMatchObject({ after: null, since: '2026-10-31 23:59:00.000' });
    expect(counts(await importAccounts(...incremental))).toEqual([0, 0, 2, 0]);
  });
});

describeMysql("what is wrong with a shop's own tables", () => {
  let database: TemporaryDatabase;
  beforeAll(async () => {
    database = await shopDatabase();
    await database.query('CREATE TABLE keyless (id INT)');
  });
  afterAll(() => database.drop());

  /** Nothing is asked of a server before the tables are understood. */
  const run = (argv: readonly string[], url = database.url): Promise<CliOutcome> =>
    cliRun(['members', 'import', url, ...argv], { environment: { FANFARE_URL: 'http://127.0.0.1:1' } });

  it.each([
    [['--table', 'membership_acount'], 'no table membership_acount. Known: membership_account.'],
    [[], 'Its tables: keyless, membership_account, membership_point.'],
    [['--table', 'membership_account', '--map', 'idd=memberId'], 'no column "idd"; did you mean id?'],
    [['--table', 'membership_account', '--updated-at', 'updated'], 'no column updated'],
    [['--table', 'membership_account', '--map', 'nowhere.x=level'], 'no table nowhere'],
    [['--table', 'membership_account', '--format', 'csv'], 'a database needs none of them'],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, stdout, stderr } = await run(argv);
    expect(stderr).toContain(message);
    expect({ isRefused: exitCode !== 0, stdout }).toEqual({ isRefused: true, stdout: '' });
  });

  it('refuses a table without a key, a login and a server that is not there, and prints no password', async () => {
    expect((await run(['--table', 'keyless'])).stderr).toContain('no primary key');
    const url = new URL(database.url);
    url.username = 'nobody';
    url.password = 'topsecret';
    for (const language of ['en', 'zh-CN']) {
      const login = await run(['--table', 'x', '--lang', language], url.href);
      expect(login.exitCode).toBe(2);
      expect(login.stderr).toContain(`nobody@127.0.0.1:${database.port}/${database.name}`);
      expect(login.stdout + login.stderr).not.toContain('topsecret');
    }
    const away = await run(['--table', 'x'], 'mysql://root:topsecret@127.0.0.1:1/shop');
    expect(away.stderr).toMatch(/does not answer \(ECONNREFUSED\)/);
    expect(away.stderr).not.toContain('topsecret');
    const file = await cliRun(['members', 'import', 'members.csv', '--table', 'x']);
    expect(file.stderr).toContain('go with a database');
  });
});
