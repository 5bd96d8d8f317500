import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliRun, type CliOutcome } from '../../test/support/cli-run.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { addMembers } from '../../test/support/push-rig.js';

const BASKET = JSON.stringify({
  currency: 'CNY',
  lines: [{ productId: 'SKU-1', unitPriceMinor: '12000' }],
});
const SMALL = BASKET.replace('12000', '500');

describe('coupons of orders on the command line', () => {
  let fixture: HttpFixture;
  let environment: Record<string, string>;
  const run = (line: string, stdin = ''): Promise<CliOutcome> =>
    cliRun(line.split(' '), { environment, clock: fixture.clock, stdin });
  beforeAll(async () => {
    fixture = await httpFixture();
    await addMembers(fixture.store, fixture.clock, { count: 2 });
    const { url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 });
    environment = { FANFARE_URL: url };
    const create = 'coupons create --name Off --issue selfClaim --full-reduction 99:20 --days 7 --closes +3d';
    for (const line of [create, 'coupons activate 1', 'coupons claim 1 m0 m1']) {
      expect(await run(line)).toMatchObject({ exitCode: 0 });
    }
  });
  afterAll(() => fixture.remove());

  const grantOf = async (member: string): Promise<string> => {
    const { stdout } = await run(`members coupons ${member} --json`);
    const { items } = JSON.parse(stdout) as { readonly items: readonly { readonly grant: { readonly id: string } }[] };
    return items[0]?.grant.id ?? '';
  };

  it('are priced: what is taken off, and why the rest is not', async () => {
    const priced = await run('quote --basket - --member m0', BASKET);
    expect(priced).toMatchObject({ exitCode: 0 });
    expect(priced.stdout).toMatch(/^basket +120.00 CNY\n- coupon \S+, Off +20.00 CNY\nto pay +100.00 CNY\n$/);
    const small = await run('quote --basket - --member m0 --lang zh-CN', SMALL);
    expect(small.stdout).toMatch(/应付 +5.00 CNY\n\n未使用：\n[^]*券 \S+，Off +未达门槛\n$/);
    expect(await run('quote --basket -', 'no basket')).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('are locked, shown and released', async () => {
    const grant = await grantOf('m0');
    const lock = `locks create o-1 --member m0 --grants ${grant} --basket - --seconds 60`;
    const locked = await run(lock, BASKET);
    expect(locked.stderr).toBe('Next: fanfare locks release o-1\n');
    expect(locked.stdout).toMatch(new RegExp(`^order +o-1\\n[^]*off +2000\\n\\n[^]*${grant} +locked +2000\\n$`));
    expect((await run(lock, BASKET)).stdout).toBe(locked.stdout);
    expect(await run(lock, SMALL)).toMatchObject({ exitCode: 1, stdout: '' });
    expect((await run('members coupons m0')).stdout).toContain('locked');
    expect((await run(`coupons grant ${grant}`)).stdout).toMatch(/state +locked\n[^]*order +o-1\noff +2000\n/);

    const released = await run('locks release o-1');
    expect(released.stderr).toContain('Order o-1 has nothing locked.');
    expect((await run('locks show o-1 --lang zh-CN')).stdout).toMatch(/^订单 +o-1\n[^]*减免 +0\n$/);
    expect((await run('members coupons m0')).stdout).toContain('available');
  });

  it('are revoked by who means it, and all of it stands in the journal', async () => {
    const grant = await grantOf('m1');
    expect(await run(`coupons revoke ${grant}`)).toMatchObject({ exitCode: 2, stdout: '' });
    const revoked = await run(`coupons revoke ${grant} --yes`);
    expect(revoked.stdout).toMatch(/state +revoked\n/);
    expect(revoked.stderr).toContain(`Coupon ${grant} is revoked.\nNext: fanfare members coupons m1\n`);
    const journal = await run('coupons journal 1 --limit 1');
    expect(journal.stderr).toContain('There is more: fanfare coupons journal 1 --cursor ');
    const whole = await run('coupons journal 1');
    const moves = [...whole.stdout.matchAll(/ (granted|locked|released|revoked) /g)].map(([, move]) => move);
    expect(moves).toEqual(['granted', 'granted', 'locked', 'released', 'revoked']);
  });
});
