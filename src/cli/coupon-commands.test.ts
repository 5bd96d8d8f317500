import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliRun, type CliOutcome } from '../../test/support/cli-run.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { addMembers } from '../../test/support/push-rig.js';

describe('fanfare coupons', () => {
  let fixture: HttpFixture;
  let environment: Record<string, string>;
  const run = (line: string, argv: readonly string[] = []): Promise<CliOutcome> =>
    cliRun([...line.split(' '), ...argv], { environment, clock: fixture.clock });
  const documentOf = async (line: string, argv: readonly string[] = []): Promise<unknown> => {
    const { exitCode, stdout, stderr } = await run(line, [...argv, '--json']);
    expect({ line, exitCode, stderr }).toEqual({ line, exitCode: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  beforeAll(async () => {
    fixture = await httpFixture();
    await addMembers(fixture.store, fixture.clock, { count: 5 });
    const { url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 });
    environment = { FANFARE_URL: url };
  });
  afterAll(() => fixture.remove());

  it('create a draft, edit it, and move it through its life', async () => {
    const create = 'coupons create --issue selfClaim --direct-cut 5 --days 7 --closes +3d --stock 1 --name';
    const created = await run(create, ['5 off']);
    expect(created).toMatchObject({ exitCode: 0 });
    expect(created.stdout).toMatch(/state +draft\noffer +5.00 CNY off\n/);
    expect(created.stdout).toMatch(/valid +7 days from the grant\n/);
    expect(created.stderr).toMatch(/nobody gets it yet\.\nNext: fanfare coupons activate 1\n/);

    expect(await documentOf('coupons edit 1 --budget 250.50 --limit-per-member 2 --opens now')).toMatchObject({
      version: 2,
      budgetMinor: '25050',
      limitPerMember: 2,
      name: '5 off',
    });
    expect(await documentOf('coupons edit 1 --remove-budget --limit-per-member 1')).toMatchObject({
      version: 3,
      budgetMinor: null,
      limitPerMember: 1,
    });
    expect(await run('coupons edit 1 --name x --if-version 1')).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await run('coupons edit 1 --days 5 --valid-until +9d')).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await run('coupons edit 1 --budget 5 --remove-budget')).stderr).toContain('--budget or --remove-budget');

    expect(await documentOf('coupons activate 1')).toMatchObject({ state: 'active' });
    expect((await run('coupons pause 1 --lang zh-CN')).stdout).toMatch(/状态 +已暂停/);
    expect((await run('coupons activate 1')).stderr).toContain('Coupon 1 is active.');
    expect((await run('coupons list --state active')).stdout).toMatch(/members’ own claims +1 +0 .* 5 off\n/);
    expect((await run('coupons list --issue platform')).stdout).toBe('None.\n');
  });

  it('claim for members, say why not, and change the stock', async () => {
    const claimed = await run('coupons claim 1 m0 m1 nobody --idempotency-key once');
    expect(claimed.stdout).toMatch(/m0 +granted +1-m0|m0 +granted +\S+ +2/);
    expect(claimed.stdout).toMatch(/m1 +sold out +— +—\nnobody +no such member/);
    expect(claimed.stderr).toMatch(/1 of 3 have it\.\nNext: fanfare members coupons m0\n/);
    expect((await run('coupons claim 1 m1 --lang zh-CN')).stdout).toMatch(/m1 +已领完/);

    expect(await run('coupons stock 1')).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await run('coupons stock 1 5 --unlimited')).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await run('coupons stock 1 3')).stderr).toContain('Left to give: 2.');
    expect(await run('coupons stock 1 0')).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await documentOf('coupons claim 1 m1')).toMatchObject({ items: [{ memberId: 'm1', outcome: 'granted' }] });
    const shown = await run('coupons show 1');
    expect(shown.stdout).toMatch(/stock +3\nleft +1\ngranted +2\nwith members +2\n/);
    expect(shown.stderr).toContain('Next: fanfare coupons pause 1');
    expect(await documentOf('coupons stock 1 --unlimited')).toMatchObject({ stock: null });
  });

  it('are in wallets, those that the platform gives too', async () => {
    const create = 'coupons create --issue platform --full-reduction 99:20 --closes +9d --valid-until +30d --name';
    expect(await documentOf(create, ['新人券'])).toMatchObject({ id: 2, validity: { kind: 'window' } });
    await documentOf('coupons activate 2');
    const wallet = await run('members coupons m1');
    expect(wallet.stdout).toMatch(/available .* spend 99.00 CNY, get 20.00 CNY off +新人券\n.* 5 off\n/);
    expect(wallet.stderr).toContain('Next: fanfare coupons show 2');
    const page = await run('members coupons m1 -n 1');
    expect(page.stderr).toContain('There is more: fanfare members coupons m1 --cursor ');
    expect((await run('members coupons m4 --state redeemed')).stdout).toBe('None.\n');
    expect((await run('coupons end 2')).stderr).toContain('Coupon 2 has ended.');
    expect((await run('coupons claim 2 m3')).stdout).toMatch(/m3 +the platform gives it/);
  });

  it('are read whole from a file, and nothing beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-coupon-'));
    try {
      const file = join(folder, 'coupon.json');
      const now = fixture.clock.now();
      const terms = {
        name: 'From a file',
        issue: 'selfClaim',
        rule: { kind: 'discount', discountBps: 1_500 },
        currency: 'CNY',
        validity: { kind: 'days', days: 1 },
        opensAt: new Date(now).toISOString(),
        closesAt: new Date(now + 1_000).toISOString(),
      };
      writeFileSync(file, JSON.stringify(terms));
      expect(await documentOf(`coupons create --from ${file}`)).toMatchObject({ name: 'From a file', stock: null });
      expect(await run(`coupons create --from ${file} --stock 5`)).toMatchObject({ exitCode: 2, stdout: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['--issue selfClaim --direct-cut 5 --days 7 --closes +3d', '--name is missing.'],
    ['--name x --direct-cut 5 --days 7 --closes +3d', '--issue is missing.'],
    ['--name x --issue selfClaim --direct-cut 5 --days 7', '--closes is missing.'],
    ['--name x --issue selfClaim --days 7 --closes +3d', 'Say what it is worth'],
    ['--name x --issue selfClaim --direct-cut 5 --closes +3d', 'Give --days or --valid-until.'],
    [
      '--name x --issue selfClaim --direct-cut 5 --closes +3d --valid-from now',
      '--valid-from and --valid-until together',
    ],
  ])('name what is missing in: create %s', async (line, words) => {
    const { exitCode, stdout, stderr } = await run(`coupons create ${line}`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  it('are given to the members of a file, and told of by campaigns that count what came of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-grants-'));
    const file = join(folder, 'winners.csv');
    writeFileSync(file, 'memberId\nm0\nm1\nnobody\n');
    const { id } = (await documentOf('coupons create --issue selfClaim --direct-cut 5 --days 7 --closes +3d --name', [
      'Winners',
    ])) as { id: number };
    await documentOf(`coupons activate ${id}`);
    const brought = await run(`coupons import-grants ${id} ${file}`);
    expect(brought).toMatchObject({ exitCode: 0, stdout: 'granted    2\nunchanged  0\nrefused    1\n' });
    expect(brought.stderr).toContain(`${file}.rejects.csv says why`);
    expect(readFileSync(`${file}.rejects.csv`, 'utf8')).toContain('4,memberId,unknownMember,nobody');
    const again = ['--rejects', join(folder, 'refused.csv')];
    expect(await documentOf(`coupons import-grants ${id} ${file}`, again)).toMatchObject({ granted: 0, unchanged: 2 });
    expect(await run(`coupons import-grants ${id} ${join(folder, 'none.csv')}`)).toMatchObject({ exitCode: 2 });
    rmSync(folder, { recursive: true });

    const told = (await documentOf(`campaign create --coupon ${id} -c inbox --title`, [
      '{{coupon.name}}',
      ...['--body', '{{coupon.offer}}'],
    ])) as { id: number };
    expect(told).toMatchObject({ name: 'Winners', couponId: id });
    expect((await run(`campaign show ${told.id}`)).stdout).toMatch(new RegExp(`coupon +${id}\n`));
    expect((await run(`campaign funnel ${told.id}`)).stdout).toMatch(
      /told +0\nhave claimed it +0\nused it in an order +0\nredeemed +0\ndiscount given +0.00 CNY\n/,
    );
  });

  it('give to everybody at once, by a run that can be held back and given up, and take all of it back', async () => {
    const create =
      'coupons create --issue platform --direct-cut 5 --days 7 --closes +3d --sweep-at-close yes --name all';
    const { id } = (await documentOf(create)) as { readonly id: number };
    expect(await run(`coupons issue ${id}`)).toMatchObject({ exitCode: 1 });
    await run(`coupons activate ${id}`);
    const issued = await run(`coupons issue ${id}`);
    expect(issued.stdout).toMatch(/state +running\ntargeted +5\ngranted +0\n/);
    const [, number = ''] = /Issue run (\d+) has begun\.\nNext: fanfare coupons issue-show/.exec(issued.stderr) ?? [];
    expect((await run(`coupons issue-pause ${id} ${number} --lang zh-CN`)).stdout).toMatch(/状态 +已暂停/);
    expect(await documentOf(`coupons issue-resume ${id} ${number}`)).toMatchObject({ state: 'running' });
    expect((await run(`coupons issue-cancel ${id} ${number}`)).stderr).toContain(`Issue run ${number} is cancelled.`);
    expect((await run(`coupons issue-show ${id} ${number}`)).stdout).toMatch(/state +cancelled\n/);
    expect((await run(`coupons issue-list ${id}`)).stdout).toMatch(/cancelled +5 +0 +5 /);
    expect((await run(`coupons recall ${id}`)).exitCode).toBe(2);
    const recalled = await run(`coupons recall ${id} --yes`);
    expect(recalled.stderr).toContain('0 grants are revoked.');
    expect(await documentOf(`coupons show ${id}`)).toMatchObject({ state: 'ended', sweepAtClose: true });
  });

  it('are made codes of, one a line, shown once', async () => {
    const create = 'coupons create --issue selfClaim --by-code-only yes --direct-cut 5 --days 7 --closes +3d --name';
    const { id } = (await documentOf(create, ['By code'])) as { id: number };
    const made = await run(`coupons codes ${id} --count 3 --idempotency-key box-1`);
    expect(made.stdout).toMatch(/^(?:\w{4}-\w{4}-\w{4}-\w\s){3}$/);
    expect(made.stderr).toContain('3 codes were made');
    const again = await run(`coupons codes ${id} --count 3 --idempotency-key box-1`);
    expect([again.exitCode, again.stdout.trim()]).toEqual([0, '']);
    expect(again.stderr).toContain('were shown then');
    const [, madeAt = ''] = /codes-void \d+ --made-at (\S+)/.exec(again.stderr) ?? [];
    expect((await run(`coupons codes-list ${id}`)).stdout).toMatch(new RegExp(`${madeAt} +3 +0\n`));
    expect((await run(`coupons codes-void ${id} --made-at ${madeAt}`)).stdout).toBe(
      '3 codes are void; 0 were used before.\n',
    );
    expect((await run(`coupons codes-void ${id} --made-at ${madeAt}`)).exitCode).toBe(1);
    expect(await run(`coupons codes ${id}`)).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await run(`coupons show ${id}`)).stdout).toMatch(/issued by +codes only\n/);
    expect((await run(`coupons show ${id} --lang zh-CN`)).stdout).toMatch(/发放方式 +仅限兑换码\n/);
  });
});
