import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliRun } from '../../test/support/cli-run.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

describe('the command line against a server', () => {
  let fixture: HttpFixture;
  let environment: Record<string, string>;
  const run = (argv: readonly string[], outside: Parameters<typeof cliRun>[1] = {}) =>
    cliRun(argv, { environment, clock: fixture.clock, ...outside });
  beforeAll(async () => {
    fixture = await httpFixture();
    const { url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 });
    environment = { FANFARE_URL: url };
  });
  afterAll(() => fixture.remove());

  const create = [
    'promotion',
    'create',
    '--name',
    '双11',
    '--starts',
    '2027-11-11T00:00:00+08:00',
    '--ends',
    '2027-11-12T00:00:00+08:00',
  ];

  it('creates, edits, shows, lists and ends a promotion', async () => {
    const created = await run([...create, '--full-reduction', '300:40,500:80.5']);
    expect(created).toMatchObject({ exitCode: 0 });
    expect(created.stdout).toContain('spend 300.00 CNY, get 40.00 CNY off; spend 500.00 CNY, get 80.50 CNY off');
    expect(created.stderr).toMatch(/Promotion 1 is created\.\nNext: fanfare campaign create --promotion 1/);

    const again = await run([...create, '--full-reduction', '300:40,500:80.5']);
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('nothing new was made');

    const other = await run([...create, '--direct-cut', '5']);
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toMatch(/^fanfare: .*promotion 1/i);

    const edited = await run(['promotion', 'edit', '1', '--discount', '12.5%', '--max-reduction', '99', '--json']);
    expect(edited.stderr).toBe('');
    expect(JSON.parse(edited.stdout)).toMatchObject({
      version: 2,
      rule: { kind: 'discount', discountBps: 1_250, maxReductionMinor: '9900' },
    });
    const stale = await run(['promotion', 'edit', '1', '--name', 'x', '--if-version', '1']);
    expect(stale).toMatchObject({ exitCode: 1, stdout: '' });

    const listed = await run(['promotion', 'list', '--lang', 'zh-CN']);
    expect(listed.stdout).toContain('减 12.5 %，最多减 99.00 CNY');
    const ended = await run(['promotion', 'end', '1']);
    expect(ended.stdout).toMatch(/state +ended/);
    expect((await run(['promotion', 'show', '1', '--json'])).stdout).toContain('"state": "ended"');
  });

  it('records the person who asked beside the key', async () => {
    const { stdout } = await run(
      ['promotion', 'create', '--name', 'by whom', '--direct-cut', '1', '--ends', '+1d', '--json'],
      {
        environment: { ...environment, FANFARE_OPERATOR: '李伟' },
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ createdBy: expect.stringMatching(/\/李伟$/) });
  });

  it('goes on with a list where the page before ended', async () => {
    for (const name of ['a', 'b', 'c']) {
      await run(['promotion', 'create', '--name', name, '--direct-cut', '1', '--ends', '+1d']);
    }
    const first = await run(['promotion', 'list', '-n', '2', '--json']);
    const { items, nextCursor } = JSON.parse(first.stdout) as { items: { name: string }[]; nextCursor: string };
    const second = await run(['promotion', 'list', '-n', '1', '--cursor', nextCursor]);
    expect(items.map(({ name }) => name)).toEqual(['c', 'b']);
    expect(second.stdout).toMatch(/ a$/m);
    expect(second.stderr).toContain('There is more: fanfare promotion list --cursor ');
  });

  it('prints a new key alone on stdout, lists it without, and revokes it', async () => {
    const created = await run(['keys', 'create', 'import', '--scopes', 'read,write']);
    expect(created.stdout).toMatch(/^ffk_\S+\n$/);
    expect(created.stderr).not.toContain(created.stdout.trim());
    const listed = await run(['keys', 'list', '--json']);
    const [key] = (JSON.parse(listed.stdout) as { items: { id: string }[] }).items;
    expect(listed.stdout).not.toContain('ffk_');
    const withKey = { environment: { ...environment, FANFARE_API_KEY: created.stdout.trim() } };
    expect((await run(['promotion', 'list'], withKey)).exitCode).toBe(0);
    expect((await run(['keys', 'list'], withKey)).exitCode).toBe(4);
    expect((await run(['keys', 'revoke', key?.id ?? ''])).exitCode).toBe(0);
    const refused = await run(['promotion', 'list'], withKey);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain('FANFARE_API_KEY or --api-key-file');
  });

  it('manages consumer groups', async () => {
    expect((await run(['events', 'add-group', 'promotion.created', 'search'])).exitCode).toBe(0);
    expect((await run(['events', 'groups'])).stdout).toMatch(/promotion\.created +search/);
    expect((await run(['events', 'dead-letters', 'search'])).stdout).toBe('None.\n');
    expect((await run(['events', 'remove-group', 'promotion.created', 'search'])).exitCode).toBe(0);
    const gone = await run(['events', 'remove-group', 'promotion.created', 'search']);
    expect(gone).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('says a refusal in Chinese with the detail behind it, and as JSON on demand', async () => {
    const chinese = await run(['promotion', 'show', '999', '--lang', 'zh-CN']);
    expect(chinese.stderr).toMatch(/^fanfare：没有找到（NOT_FOUND）\n {2}.*999/);
    const json = await run(['promotion', 'show', '999', '--json']);
    expect(json).toMatchObject({ exitCode: 1, stdout: '' });
    expect(JSON.parse(json.stderr)).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  it('shows how far imports are, in words of its language', async () => {
    const importing = await run(['members', 'import', '-', '--rejects', join(fixture.folder, 'refused.csv')], {
      stdin: 'memberId,level\nm-1,1\nm-2,999\n',
    });
    expect(importing.exitCode).toBe(0);
    const { stdout } = await run(['members', 'imports']);
    expect(stdout).toMatch(/import +format +state +started +rows\n +1 +csv +done .* added 1 {2}refused 1\n/);
    expect((await run(['members', 'imports', '--lang', 'zh-CN'])).stdout).toMatch(/已完成 .* 新增 1 {2}拒收 1/);
  });

  it('shows what a program elsewhere wrote without its control characters', async () => {
    await run([
      'promotion',
      'create',
      '--name',
      'plain',
      '--direct-cut',
      '1',
      '--ends',
      '+1d',
      '--description',
      'a\u001b[31mb',
    ]);
    const shown = await run(['promotion', 'list']);
    expect(shown.stdout).not.toContain('\u001b');
  });
});

describe('the command line alone', () => {
  it('says in one line that no server answers, and how to start one', async () => {
    const { exitCode, stderr } = await cliRun(['promotion', 'list', '--url', 'http://127.0.0.1:1']);
    expect({ exitCode, lines: stderr.trimEnd().split('\n').length }).toEqual({ exitCode: 3, lines: 1 });
    expect(stderr).toContain('"fanfare serve"');
  });

  it('ends with 2 for a wrong line, naming the nearest word and the help', async () => {
    const cases = [
      [['promtion', 'list'], /no command promtion\. Did you mean promotion\?\n.*"fanfare --help"/],
      [
        ['promotion', 'list', '--stat', 'x'],
        /no option --stat here\. Did you mean --state\?\n.*"fanfare promotion list --help"/,
      ],
      [['promotion', 'list', '--state', 'runing'], /--state does not know "runing"\. Did you mean running\?/],
      [['promotion', 'show'], /argument <id> is missing/],
      [['promotion', 'show', 'x'], /<id> must be a whole number/],
      [['promotion', 'show', '1', '2'], /more arguments than the command takes\.\n/],
      [
        ['members', 'count', 'level > 3'],
        /more arguments than the command takes\. A filter is given by --where 'FILTER'\./,
      ],
      [['members', 'count', 'level > 3', '--lang', 'zh-CN'], /参数太多。筛选条件用 --where '条件' 给出。/],
      [['promotion', 'list', '--limit'], /--limit.* needs a value/],
      [['promotion', 'create', '--name', 'x', '--ends', 'soon'], /--ends is a time such as/],
      [['promotion', 'create', '--name', 'x', '--ends', '+1d', '--direct-cut', '1', '--gift', 'A'], /Give one of/],
      [
        ['promotion', 'create', '--name', 'x', '--ends', '+1d', '--direct-cut', '1.5', '--currency', 'JPY'],
        /JPY, which has 0/,
      ],
      [['campaign', 'create', '-c', 'sms', '--body', 'b', '--title', 't'], /No channel of the campaign shows --title/],
      [['campaign', 'create', '-c', 'sms', '--body', 'b', '--subject', 's'], /shows --subject/],
      [['campaign', 'create', '-c', 'inbox', '--body', 'b', '--title', 't', '--subject', 's'], /shows --subject/],
      [['promotion', 'list', '--url', 'http://me:secret@x'], /without user or password, not "http:\/\/x\/"/],
      [['promotion', 'list', '--api-key-file', '/nonexistent/key'], /key file \/nonexistent\/key/],
    ] as const;
    for (const [argv, expected] of cases) {
      const { exitCode, stdout, stderr } = await cliRun(argv);
      expect({ argv, exitCode, stdout }).toEqual({ argv, exitCode: 2, stdout: '' });
      expect(stderr).toMatch(expected);
    }
  });

  it('warns before a key travels unencrypted to another machine', async () => {
    const environment = { FANFARE_API_KEY: 'ffk_x', FANFARE_URL: 'http://fanfare.invalid:1' };
    const { stderr } = await cliRun(['promotion', 'list'], { environment });
    expect(stderr).toMatch(/^The API key travels unencrypted to http:\/\/fanfare\.invalid:1/);
    expect(stderr).not.toContain('ffk_x');
  });

  it('speaks the language of the locale, or the one it is told to', async () => {
    const helpOf = async (argv: readonly string[], LANG: string) =>
      (await cliRun([...argv, '--help'], { environment: { LANG } })).stdout;
    expect(await helpOf([], 'zh_CN.UTF-8')).toContain('用法：');
    expect(await helpOf(['--lang', 'en'], 'zh_CN.UTF-8')).toContain('Usage:');
    expect(await helpOf(['--lang=zh-CN'], 'C')).toContain('用法：');
    expect(await helpOf([], 'C')).toContain('Usage:');
  });
});
