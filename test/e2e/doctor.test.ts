/** What `fanfare doctor` says of real servers whose settings are changed under it. */
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cliRun } from '../support/cli-run.js';
import { OwnMariadb, whyNoOwnMariadb } from '../support/own-mariadb.js';
import { OwnRedis } from '../support/own-redis.js';
import { serveNode } from '../support/served-node.js';

const reportSchema = z.object({
  isSound: z.boolean(),
  findings: z.array(
    z.object({
      server: z.string(),
      where: z.string(),
      setting: z.string(),
      value: z.string(),
      judgement: z.string(),
      meaning: z.string().min(10),
      advice: z.string().nullable(),
    }),
  ),
});

const NOWHERE = 'mysql://fanfare:secret-3f1@127.0.0.1:1/none';

async function examine(environment: Readonly<Record<string, string>>) {
  const { exitCode, stdout } = await cliRun(['doctor', '--data', '/nowhere', '--json'], { environment });
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(exitCode, 'ends with 0 where nothing is broken').toBe(report.isSound ? 0 : 1);
  for (const { judgement, advice } of report.findings) expect(advice === null).toBe(judgement === 'ok');
  return report;
}

/** Judgements by setting, of those that are not ok or were asked for. */
const judgementsOf = ({ findings }: z.output<typeof reportSchema>, server: string): Record<string, string> =>
  Object.fromEntries(findings.filter((one) => one.server === server).map((one) => [one.setting, one.judgement]));

const notOk = (judgements: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(judgements).filter(([, judgement]) => judgement !== 'ok'));

describe.skipIf(whyNoOwnMariadb !== undefined)(`the doctor of MariaDB ${whyNoOwnMariadb ?? ''}`, () => {
  let mariadb: OwnMariadb;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    mariadb = await OwnMariadb.start(['--log-bin', '--binlog-format=ROW']);
    environment = { FANFARE_MYSQL_URL: await mariadb.createDatabase('fanfare') };
    await mariadb.ask('SET GLOBAL sync_binlog = 1');
    await mariadb.ask('SET GLOBAL rpl_semi_sync_master_enabled = ON');
  });
  afterAll(() => mariadb.remove());

  it('has nothing against a server that is set as the promises need it', async () => {
    const report = await examine(environment);
    expect(notOk(judgementsOf(report, 'mysql'))).toEqual({});
    const settings = report.findings.map(({ setting }) => setting);
    for (const setting of ['version', 'transaction_isolation', 'clock', 'time_zone', 'character_set_connection']) {
      expect(settings).toContain(setting);
    }
    const { stdout, exitCode } = await cliRun(['doctor', '--data', '/nowhere', '--lang', 'zh-CN'], { environment });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('断电');
  });

  it.each([
    ['innodb_flush_log_at_trx_commit', '2', '1', 'weaker'],
    ['innodb_flush_log_at_trx_commit', '0', '1', 'weaker'],
    ['sync_binlog', '0', '1', 'weaker'],
    ['rpl_semi_sync_master_enabled', 'OFF', 'ON', 'weaker'],
    ['binlog_format', "'STATEMENT'", "'ROW'", 'broken'],
    ['max_allowed_packet', '4194304', '16777216', 'weaker'],
    ['max_allowed_packet', '1048576', '16777216', 'broken'],
    ['max_connections', '25', '151', 'weaker'],
    ['max_connections', '15', '151', 'broken'],
    ['read_only', 'ON', 'OFF', 'broken'],
  ])('sees %s = %s', async (name, bad, good, judgement) => {
    await mariadb.ask(`SET GLOBAL ${name} = ${bad}`);
    const report = await examine(environment);
    await mariadb.ask(`SET GLOBAL ${name} = ${good}`);
    const setting = name.startsWith('rpl_semi') ? 'semi-synchronous replication' : name;
    expect(notOk(judgementsOf(report, 'mysql'))).toEqual({ [setting]: judgement });
  });

  it('is right about a binary log of statements: no node starts over it', async () => {
    await mariadb.ask("SET GLOBAL binlog_format = 'STATEMENT'");
    await expect(serveNode({ FANFARE_MYSQL_URL: await mariadb.createDatabase('statements') })).rejects.toThrow(
      /BINLOG_FORMAT = STATEMENT/,
    );
    await mariadb.ask("SET GLOBAL binlog_format = 'ROW'");
  });

  it('sees a server without doublewrite and without a binary log', async () => {
    const other = await OwnMariadb.start(['--skip-innodb-doublewrite']);
    try {
      const report = await examine({ FANFARE_MYSQL_URL: await other.createDatabase('fanfare') });
      expect(notOk(judgementsOf(report, 'mysql'))).toEqual({ innodb_doublewrite: 'weaker' });
      expect(judgementsOf(report, 'mysql')).not.toHaveProperty('sync_binlog');
    } finally {
      await other.remove();
    }
  });
});

describe('the doctor of Redis', () => {
  let redis: OwnRedis;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    redis = await OwnRedis.start();
    environment = { FANFARE_MYSQL_URL: NOWHERE, FANFARE_REDIS_URL: redis.url };
  });
  afterAll(() => redis.kill());

  const configured = async (settings: Readonly<Record<string, string>>) => {
    const client = createClient({ url: redis.url });
    await client.connect();
    for (const [name, value] of Object.entries(settings)) await client.configSet(name, value);
    client.destroy();
    return judgementsOf(await examine(environment), 'redis');
  };

  it('minds what costs pauses, and not whether it keeps anything', async () => {
    const judgements = await configured({ appendonly: 'no' });
    expect(judgements).toMatchObject({ redis_version: 'ok', redis_mode: 'ok', role: 'ok', aof_enabled: 'ok' });
    expect(notOk(judgements)).toEqual({});
    expect(notOk(await configured({ 'maxmemory-policy': 'allkeys-lru' }))).toEqual({});
    expect(notOk(await configured({ maxmemory: '64mb' }))).toEqual({ maxmemory_policy: 'weaker' });
    expect(notOk(await configured({ maxmemory: '2mb', 'maxmemory-policy': 'noeviction' }))).toEqual({
      maxmemory: 'weaker',
    });
    expect(notOk(await configured({ maxmemory: '0' }))).toEqual({});
  });

  it('sees a replica', async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    await client.replicaOf('127.0.0.1', 1);
    const judgements = judgementsOf(await examine(environment), 'redis');
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    client.destroy();
    expect(notOk(judgements)).toEqual({ role: 'weaker' });
  });

  it('names every server that does not answer, with its error, and reads the others', async () => {
    const report = await examine({
      ...environment,
      FANFARE_ROCKETMQ_ENDPOINTS: '127.0.0.1:1',
      FANFARE_ROCKETMQ_NAME_SERVERS: '127.0.0.1:2',
    });
    const away = report.findings.filter(({ setting }) => setting === 'connection');
    expect(away.map(({ server, where }) => [server, where])).toEqual([
      ['mysql', '127.0.0.1:1'],
      ['rocketmq', '127.0.0.1:1'],
      ['rocketmq', '127.0.0.1:2'],
    ]);
    for (const { value, judgement } of away) {
      expect(value).toMatch(/ECONNREFUSED|No connection|cannot be reached/);
      expect(judgement).toBe('broken');
    }
    expect(judgementsOf(report, 'redis')).toHaveProperty('redis_version', 'ok');
    expect(JSON.stringify(report)).not.toContain('secret-3f1');
  });

  it('has nothing to look at without a cluster', async () => {
    const { exitCode, stderr } = await cliRun(['doctor', '--data', '/nowhere', '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
