/** The built program, as a person uses it: a server in one process, commands in others, files in a folder. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCliProcess, startCli, type CliProcess } from '../support/cli-process.js';

const MEMBERS = 3_000;
const CONFIG = {
  channels: {
    sms: {
      price: { perMemberMinor: 4.5, currency: 'CNY' },
      provider: { kind: 'simulated', keyLifeMs: 86_400_000, maxMembers: 100, answers: { addressRefused: 0.1 } },
    },
  },
};

describe('the built program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-cli-'));
  const data = join(folder, 'data');
  const configFile = join(folder, 'fanfare.config.json');
  let server: CliProcess;
  let environment: Record<string, string>;
  const fanfare = (...argv: readonly string[]) => runCliProcess(argv, { cwd: folder, environment });
  const serve = (...argv: readonly string[]) =>
    startCli(['serve', '--data', data, '--config', configFile, ...argv], { cwd: folder });
  const jsonOf = async (...argv: readonly string[]): Promise<Record<string, unknown>> => {
    const { exitCode, stdout, stderr } = await fanfare(...argv, '--json');
    expect({ argv, exitCode, stderr }).toEqual({ argv, exitCode: 0, stderr: '' });
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  beforeAll(async () => {
    writeFileSync(configFile, JSON.stringify(CONFIG));
    server = serve('--port', '0', '--json', '--log', 'silent');
    const { url } = JSON.parse(await server.firstLine()) as { url: string };
    environment = { FANFARE_URL: url };
  });
  afterAll(async () => {
    server.interrupt();
    await server.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it('imports members from a file and from stdin, and names what it refused', async () => {
    const rows = Array.from({ length: MEMBERS }, (_, index) => {
      const consent = index % 2 === 0 ? 'granted' : 'denied';
      return `m-${index},Li ${index},${index % 5},${index},+86138${String(index).padStart(8, '0')},${consent}`;
    });
    const file = join(folder, 'members.csv');
    const header = 'Kundennummer,name,level,points,phone,consent.sms,Notes';
    writeFileSync(file, `\ufeff${[header, ...rows.map((row) => `${row},x`), 'm-bad,Bad,300,0,,,'].join('\r\n')}\r\n`);
    const imported = await fanfare('members', 'import', file, '--map', 'Kundennummer=memberId');
    expect(imported).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/added +3,000\n.*\n.*\nrefused +1\n/),
    });
    expect(imported.stderr).toContain('left out: Notes');
    expect(imported.stderr).toMatch(/Next: fanfare members count\n/);
    expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toMatch(/^line,column,reason,memberId\r?\n3002,level,.*,m-bad/);

    const again = await runCliProcess(['members', 'import', '-', '--json'], {
      cwd: folder,
      environment,
      stdin: '{"memberId":"m-0","level":0}\n{"memberId":"m-1","level":4}\n',
    });
    expect(JSON.parse(again.stdout)).toMatchObject({ format: 'ndjson', created: 0, updated: 1, unchanged: 1 });
    expect(await jsonOf('members', 'count', '--where', 'level in (3,4) and points >= 1000')).toMatchObject({
      memberCount: 800,
    });
    const wrong = await fanfare('members', 'count', '--where', 'level >< 3');
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/\n {2}level >< 3\n {9}\^\n/);
  });

  it('generates members, the same ones for the same seed', async () => {
    expect(await jsonOf('members', 'generate', '500', '--seed', '7')).toMatchObject({ state: 'done', created: 500 });
    expect(await jsonOf('members', 'generate', '500', '--seed', '7')).toMatchObject({ created: 0, unchanged: 500 });
  });

  it('tells a promotion to members, and every figure agrees with the dry run', async () => {
    await jsonOf('promotion', 'create', '--name', '双11', '--full-reduction', '300:40', '--ends', '+7d');
    const where = 'points < 2000 and level in (0,1,2,3,4) and has(sms)';
    const draft = await jsonOf('campaign', 'create', '-p', '1', '-c', 'inbox,sms', '--where', where, '--lang', 'zh-CN');
    expect(draft).toMatchObject({ name: '双11', state: 'draft' });
    await jsonOf('campaign', 'edit', '1', '--where', 'points < 2000', '--pace', 'sms=2000');
    const dryRun = await fanfare('campaign', 'dry-run', '1');
    const [, dryRunId, members] = /launch 1 --dry-run (\d+) --confirm=(\d+)/.exec(dryRun.stderr) ?? [];
    expect(dryRun.stdout).toMatch(/sms .* CNY/);

    const refused = await fanfare('campaign', 'launch', '1', '--confirm=7');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('Not launched');
    const launched = await fanfare(
      'campaign',
      'launch',
      '1',
      '--dry-run',
      dryRunId ?? '',
      `--confirm=${members ?? '?'}`,
      '--watch',
    );
    expect(launched).toMatchObject({ exitCode: 0 });
    expect(launched.stderr).toMatch(/Campaign 1: 双11 · completed/);
    expect(launched.stderr).toMatch(/Next: fanfare campaign members 1 --channel sms --outcome failed/);

    const { channels } = (await jsonOf('campaign', 'show', '1')) as {
      channels: { books: Record<string, number>; isBalanced: boolean }[];
    };
    for (const { books, isBalanced } of channels) {
      expect(isBalanced).toBe(true);
      expect(Object.values(books).reduce((sum, count) => sum + count, 0)).toBe(Number(members));
    }
    const failed = channels[1]?.books['failed'] ?? 0;
    expect(failed).toBeGreaterThan(0);

    const file = join(folder, 'failed.csv');
    expect((await fanfare('campaign', 'export', '1', '-c', 'sms', '-o', 'failed', '--output', file)).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8').trim().split('\r\n')).toHaveLength(failed + 1);
    const [listed] = (
      (await jsonOf('campaign', 'members', '1', '-c', 'sms', '-o', 'failed')) as { items: { memberId: string }[] }
    ).items;
    const record = await fanfare('record', listed?.memberId ?? '');
    expect(record.stdout).toMatch(/sms: failedAddress \(the vendor refused the address\)/);
    const inbox = await fanfare('inbox', 'list', listed?.memberId ?? '');
    expect(inbox.stdout).toContain('您已获得活动资格');
    expect(inbox.stderr).toContain('Unread: 1');
    expect((await fanfare('inbox', 'read', listed?.memberId ?? '', '1')).exitCode).toBe(0);
    expect((await fanfare('inbox', 'list', listed?.memberId ?? '')).stderr).toContain('Unread: 0');

    const again = await jsonOf('campaign', 'send-again', '1', '-c', 'sms');
    expect(again).toMatchObject({ parentCampaignId: 1, state: 'draft' });
    expect((await fanfare('audit')).stdout).toContain('Nothing differs.');
  });

  it('stops watching on Ctrl-C while sending goes on, and says how to pause it', async () => {
    await jsonOf('campaign', 'create', '--name', 'slow', '-c', 'sms', '--body', 'Hi', '--pace', 'sms=5');
    const { items } = (await jsonOf('campaign', 'list')) as { items: { id: number }[] };
    const id = String(items[0]?.id);
    const { memberCount } = await jsonOf('campaign', 'dry-run', id);
    const watching = startCli(['campaign', 'launch', id, `--confirm=${String(memberCount)}`, '--watch'], {
      cwd: folder,
      environment,
    });
    await watching.untilStderr('· running');
    watching.interrupt();
    const { exitCode, stderr } = await watching.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toContain(`sending goes on. Pause it with: fanfare campaign pause ${id}`);
    expect(await jsonOf('campaign', 'pause', id, '--reason', 'test')).toMatchObject({ state: 'paused' });
    expect((await fanfare('campaign', 'pace', id, 'sms', '--unlimited')).exitCode).toBe(0);
    expect(await jsonOf('campaign', 'resume', id)).toMatchObject({ pauseReasons: [] });
    expect((await fanfare('campaign', 'watch', id)).exitCode).toBe(0);
    const history = await fanfare('campaign', 'history', id);
    for (const move of ['launched', 'paused', 'paceChanged', 'resumed', 'completed'])
      expect(history.stdout).toContain(move);
    expect(history.stdout).toMatch(/paused +test/);
  });

  it('suppresses, looks up and erases a member', async () => {
    expect(await jsonOf('members', 'suppress', 'm-5', '--reason', 'asked')).toMatchObject({
      suppressed: ['inbox', 'sms', 'email', 'app'],
    });
    expect(await jsonOf('members', 'unsuppress', 'm-5', '--reason', 'asked', '-c', 'inbox')).toMatchObject({
      suppressed: ['sms', 'email', 'app'],
    });
    const set = await fanfare(
      'members',
      'set',
      'm-5',
      '--email',
      'li@example.com',
      '--consent',
      'email=granted',
      '--attribute',
      'city=上海',
    );
    expect(set.stdout).toContain('city="上海"');
    expect((await fanfare('members', 'erase', 'm-5')).exitCode).toBe(2);
    expect((await fanfare('members', 'erase', 'm-5', '--yes')).exitCode).toBe(0);
    expect(await fanfare('members', 'show', 'm-5')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('does its work and says so where nobody reads stderr any more', async () => {
    const counted = await runCliProcess(['members', 'count'], { cwd: folder, environment, isUnheard: true });
    expect(counted).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[\d,]+ members\n$/) });
  });

  it('says in one line why a server cannot start', async () => {
    const port = new URL(environment['FANFARE_URL'] ?? '').port;
    const locked = await serve('--port', '0').ended;
    expect(locked.exitCode).toBe(5);
    expect(locked.stderr).toMatch(/^fanfare: The data folder .* is in use by process \d+; .*\n$/);
    const taken = await startCli(['serve', '--data', join(folder, 'other'), '--port', port], { cwd: folder }).ended;
    expect(taken.stderr).toMatch(/^fanfare: Port \d+ on 127\.0\.0\.1 is in use; .*--port\.\n$/m);
    const open = await startCli(['serve', '--data', join(folder, 'other'), '--host', '0.0.0.0', '--port', '0'], {
      cwd: folder,
    }).ended;
    expect(open.stderr).toMatch(/^fanfare: .*key/m);
    writeFileSync(join(folder, 'bad.json'), '{"chanels":{}}');
    const misspelt = await fanfare('config', 'check', '--config', 'bad.json');
    expect(misspelt.exitCode).not.toBe(0);
    expect(misspelt.stderr).toContain('did you mean "channels"?');
    expect((await fanfare('config', 'check', '--config', configFile)).stdout).toMatch(/sms +keyed/);
  });

  it('stops on Ctrl-C with everything recorded, and audits the folder it left', async () => {
    expect(await fanfare('audit', '--data', data)).toMatchObject({ exitCode: 5, stdout: '' });
    server.interrupt();
    expect((await server.ended).exitCode).toBe(0);
    const audited = await fanfare('audit', '--data', data);
    expect(audited).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing differs.') });
    expect(await fanfare('audit', '--data', join(folder, 'nowhere'))).toMatchObject({ stdout: '' });
    const gone = await fanfare('campaign', 'list');
    expect(gone).toMatchObject({ exitCode: 3, stdout: '' });
  });
});
