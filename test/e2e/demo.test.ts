import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDemoProcess, type DemoEnd } from '../support/demo-process.js';

const MAX_MS = 600_000;

describe('npm run demo', () => {
  let parent = '';
  let folder = '';

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'fanfare-demo-'));
    folder = join(parent, 'data');
  });

  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  const demo = (args: readonly string[], onText?: (text: string, kill: () => void) => void): Promise<DemoEnd> =>
    runDemoProcess(['--data', folder, ...args], onText);

  const idOfServer = (stdout: string): number => Number(/fanfare serve, process (\d+)/.exec(stdout)?.[1]);

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  it(
    'ends with 0 when books and vendors agree, goes on from its folder, and names a planted mismatch',
    async () => {
      const first = await demo(['--once', '--members', '3000']);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.stdout).toContain('3,000 members frozen into 3 buckets');
      expect(first.stdout).toContain('Books and vendors agree');
      expect(isAlive(idOfServer(first.stdout))).toBe(false);

      const log = join(folder, 'vendors', 'sms-vendor.log');
      const delivered = readFileSync(log, 'utf8');
      const second = await demo(['--once']);
      expect(second).toMatchObject({ code: 0, stderr: '' });
      expect(second.stdout).toContain('3,000, as an earlier start left them');
      expect(second.stdout).not.toContain('is stored');
      expect(readFileSync(log, 'utf8')).toBe(delivered);

      appendFileSync(log, `${delivered.split('\n')[0] ?? ''}\n`);
      const third = await demo(['--once']);
      expect(third.code).toBe(1);
      expect(third.stdout).toContain("SMS: the vendor's log has 1 doubled");
    },
    MAX_MS,
  );

  it(
    'goes on where it was when its server is killed, serves until it is asked to stop, and leaves nothing running',
    async () => {
      let isKilled = false;
      const ended = await demo(['--members', '3000'], (text, stop) => {
        if (!isKilled && text.includes('First push')) {
          isKilled = true;
          process.kill(idOfServer(text), 'SIGKILL');
        }
        if (text.includes('Ctrl-C stops everything')) stop();
      });
      expect(ended.stdout).toContain('was ended from outside (SIGKILL)');
      expect(ended.stdout).toContain('Books and vendors agree');
      expect(ended.code).toBe(0);
      const last = Number(/goes on \(process (\d+)/.exec(ended.stdout)?.[1]);
      expect(last).toBeGreaterThan(0);
      expect(isAlive(last)).toBe(false);
    },
    MAX_MS,
  );

  it('says in one line why it cannot start', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo; // a listening TCP server has one
    const refused = await demo(['--port', String(port)]);
    await new Promise((resolve) => taken.close(resolve));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^demo: Port \d+ of 127\.0\.0\.1 is in use; [^\n]+\n$/);

    const unknown = await demo(['--scenario', 'promotoin']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toBe(
      'demo: There is no scenario "promotoin" (did you mean promotion?); known: promotion, coupon-everyone, coupon-group, flash-claim, order-cancel.\n',
    );

    writeFileSync(join(parent, 'file'), '');
    const unusable = await demo(['--data', join(parent, 'file', 'data')]);
    expect(unusable.code).toBe(1);
    expect(unusable.stderr).toMatch(/^demo: The data folder [^\n]+ cannot be used \(ENOTDIR\)[^\n]+\n$/);

    const strange = await demo(['--data', parent]);
    expect(strange.code).toBe(1);
    expect(strange.stderr).toMatch(/^demo: The folder [^\n]+ holds files that are not the demo's[^\n]+\n$/);
  });
});
