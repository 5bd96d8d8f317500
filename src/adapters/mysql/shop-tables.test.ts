import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../../test/support/temporary-mysql.js';
import { joinedTables, planTables } from '../../membership/import/table-plan.js';
import { tablePages, type TablePlace } from '../../membership/import/table-rows.js';
import type { ShopTable, ShopTables } from '../../membership/import/shop-tables.js';
import { openShopTables } from './shop-tables.js';

const MAP = {
  id: 'memberId',
  'membership_point.member_level': 'level',
  'membership_point.member_point': 'points',
  'membership_filter.active_days': 'activeDays',
  'membership_filter.owner': 'memberId',
};
const MEMBERS = 2_500;

describeMysql("a shop's own tables", () => {
  let database: TemporaryDatabase;
  let tables: ShopTables;

  beforeEach(async () => {
    database = await temporaryDatabase();
    await database.query(`CREATE TABLE membership_account (
      id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), email VARCHAR(100), note TEXT, birthday DATE,
      last_active_at DATETIME(3), update_time DATETIME(3) NOT NULL, KEY (update_time))`);
    await database.query(`CREATE TABLE membership_point (
      id INT AUTO_INCREMENT PRIMARY KEY, user_account_id BIGINT NOT NULL, member_level INT, member_point BIGINT,
      KEY (user_account_id))`);
    await database.query(
      'CREATE TABLE membership_filter (owner VARCHAR(20) NOT NULL, active_days INT NOT NULL, PRIMARY KEY (owner))',
    );
    const numbers = Array.from({ length: MEMBERS }, (_, index) => index + 1);
    await database.query(
      'INSERT INTO membership_account (id, name, email, note, last_active_at, update_time) VALUES ?',
      [
        numbers.map((id) => [
          id,
          `会员 ${id}`,
          id % 2 ? `m${id}@example.com` : null,
          'x',
          '2026-10-01 08:00:00.250',
          at(id),
        ]),
      ],
    );
    await database.query('INSERT INTO membership_point (user_account_id, member_level, member_point) VALUES ?', [
      numbers.flatMap((id) =>
        id % 10 === 0
          ? []
          : [
              [id, 1, 1],
              [id, id % 7, id * 3],
            ],
      ), // the later row stands
    ]);
    await database.query('INSERT INTO membership_filter VALUES ?', [numbers.map((id) => [String(id), id % 31])]);
    tables = await openShopTables(database.url, undefined);
  });
  afterEach(async () => {
    await tables.close();
    await database.drop();
  });

  const at = (id: number): string =>
    new Date(Date.UTC(2026, 8, 1) + id * 1_000).toISOString().slice(0, 23).replace('T', ' ');

  async function described(name: string): Promise<ShopTable> {
    const table = await tables.describe(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }

  async function plan(map: Readonly<Record<string, string>> = MAP) {
    const main = await described('membership_account');
    return planTables(main, await Promise.all(joinedTables(map, main).map(described)), map);
  }

  async function read(place: TablePlace, updatedAt?: string): Promise<{ lines: unknown[]; after: unknown }> {
    const lines: unknown[] = [];
    let after: unknown = null;
    for await (const page of tablePages(tables, await plan(), { place, updatedAt })) {
      lines.push(...page.lines.map((line) => JSON.parse(line) as unknown));
      after = page.after;
    }
    return { lines, after };
  }

  it('reads every member once, with what the joined tables say', async () => {
    const { lines, after } = await read({ after: null, since: null });
    expect(lines).toHaveLength(MEMBERS);
    expect(lines[8]).toEqual({
      memberId: '9',
      name: '会员 9',
      email: 'm9@example.com',
      lastActiveAt: '2026-10-01T08:00:00.250Z',
      level: '2',
      points: '27',
      activeDays: '9',
    });
    expect(lines[9]).toEqual({
      memberId: '10',
      name: '会员 10',
      email: null,
      lastActiveAt: '2026-10-01T08:00:00.250Z',
      activeDays: '10',
    });
    expect(new Set(lines.map((line) => (line as { memberId: string }).memberId)).size).toBe(MEMBERS);
    expect(after).toEqual([String(MEMBERS)]);
    expect((await plan()).ignored).toEqual(['note', 'birthday', 'update_time']);
  });

  it('goes on behind the row that it is told', async () => {
    const { lines } = await read({ after: ['2400'], since: null });
    expect(lines).toHaveLength(100);
    expect(lines[0]).toMatchObject({ memberId: '2401' });
  });

  it('reads what was updated since, in the order of updates', async () => {
    await database.query(
      "UPDATE membership_account SET update_time = '2026-10-02 00:00:00', name = 'new' WHERE id IN (3, 1)",
    );
    const { lines, after } = await read({ after: null, since: at(2_499) }, 'update_time');
    expect(lines.map((line) => (line as { memberId: string }).memberId)).toEqual(['2499', '2500', '1', '3']);
    expect(after).toEqual(['2026-10-02 00:00:00.000', '3']);
    const rest = await read({ after: ['2026-10-02 00:00:00.000', '1'], since: at(2_499) }, 'update_time');
    expect(rest.lines).toMatchObject([{ memberId: '3', name: 'new' }]);
    expect(await tables.highest('membership_account', 'update_time')).toBe('2026-10-02 00:00:00.000');
  });

  it.each([
    [{ nmae: 'name' }, 'The table membership_account has no column "nmae"; did you mean name?'],
    [{ name: 'nick' }, '"nick" is no field of a member'],
    [{ note: 'name' }, 'both go to name'],
    [{ 'membership_filter.active_days': 'activeDays' }, 'membership_filter.owner=memberId'],
    [{ 'membership_point.lvl': 'level' }, 'The table membership_point has no column "lvl"'],
  ])('refuses the map %j', async (map, message) => {
    await expect(plan(map)).rejects.toThrow(message);
  });

  it('refuses a table without a primary key', async () => {
    await database.query('CREATE TABLE keyless (id INT)');
    const keyless = await described('keyless');
    expect(() => planTables(keyless, [], {})).toThrow('no primary key');
    expect(await tables.describe('nowhere')).toBeUndefined();
    expect(await tables.tableNames()).toEqual([
      'keyless',
      'membership_account',
      'membership_filter',
      'membership_point',
    ]);
  });

  it('walks a key of several columns', async () => {
    await database.query('CREATE TABLE pairs (shop INT, no INT, member_id VARCHAR(20), PRIMARY KEY (shop, no))');
    const rows = Array.from({ length: 2_100 }, (_, index) => [index % 3, index, `p-${index}`]);
    await database.query('INSERT INTO pairs VALUES ?', [rows]);
    const seen: string[] = [];
    const ofPairs = planTables(await described('pairs'), [], {});
    for await (const { lines } of tablePages(tables, ofPairs, {
      place: { after: null, since: null },
      updatedAt: undefined,
    })) {
      seen.push(...lines.map((line) => (JSON.parse(line) as { memberId: string }).memberId));
    }
    expect(seen).toHaveLength(2_100);
    expect(new Set(seen).size).toBe(2_100);
  });

  it('says what is wrong with a login, a database or an address, and never the password', async () => {
    const { port, name } = database;
    const refusal = async (url: string, password?: string): Promise<unknown> =>
      openShopTables(url, password).catch((error: unknown) => error);
    const login = await refusal(`mysql://nobody:topsecret@127.0.0.1:${port}/${name}`);
    expect(login).toMatchObject({ kind: 'login', where: `nobody@127.0.0.1:${port}/${name}` });
    const given = await refusal(`mysql://nobody@127.0.0.1:${port}/${name}`, 'topsecret');
    expect(given).toMatchObject({ kind: 'login' });
    expect(await refusal(`mysql://root@127.0.0.1:${port}/no_such_database`)).toMatchObject({ kind: 'database' });
    expect(await refusal('mysql://root@127.0.0.1:1/x')).toMatchObject({ kind: 'away' });
    for (const url of ['mysql://root@127.0.0.1', 'mysql:///x', 'nonsense']) {
      expect(await refusal(url)).toMatchObject({ kind: 'address' });
    }
    expect(JSON.stringify([login, given]) + String(login) + String(given)).not.toContain('topsecret');
  });
});
