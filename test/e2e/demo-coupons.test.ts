import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDemoProcess, type DemoEnd } from '../support/demo-process.js';

const MEMBERS = 1_200;
const MAX_MS = 600_000;

describe('npm run demo -- --scenario', () => {
  let parent = '';
  let folder = '';
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'fanfare-demo-'));
    folder = join(parent, 'data');
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  const play = (scenario: string): Promise<DemoEnd> =>
    runDemoProcess(['--data', folder, '--once', '--members', `${MEMBERS}`, '--scenario', scenario]);

  /** Takes a member's coupon away behind the server's back. */
  function loseGrant(): void {
    const db = new Database(join(folder, 'fanfare.db'));
    const { changes } = db
      .prepare('DELETE FROM coupon_grant WHERE ordinal = (SELECT MIN(ordinal) FROM coupon_grant)')
      .run();
    db.close();
    expect(changes).toBe(1);
  }

  it.each([
    ['coupon-everyone', /granted to members +1,200 +1,200 +✓\n/],
    ['coupon-group', /without one, beside what was left over +(\d+) +\1 +✓\n.* refused, .* +(\d+) +\2 +✓\n/],
    ['order-cancel', /redeemed +(\d+) +\1 +✓\n.* locked +0 +0 +✓\n/],
    ['flash-claim', /granted, beside the stock +330 +330 +✓\n/],
  ])(
    '%s ends with 0 when books and counts agree, and shows the same again from its folder',
    async (scenario, words) => {
      for (const start of ['first', 'second']) {
        const { code, stdout, stderr } = await play(scenario);
        expect({ start, code, stderr }).toEqual({ start, code: 0, stderr: '' });
        expect(stdout).toMatch(words);
        expect(stdout).toContain('Books and counts agree');
        expect(stdout.includes('as an earlier start left it')).toBe(start === 'second');
      }
    },
    MAX_MS,
  );

  it(
    'ends with 1 and says what differs when a member no longer has what the books say',
    async () => {
      expect(await play('flash-claim')).toMatchObject({ code: 0 });
      loseGrant();
      const { code, stdout } = await play('flash-claim');
      expect(code).toBe(1);
      expect(stdout).toContain('granted to members: 329 were counted, the books say 330');
      expect(stdout).toMatch(/differences that the audit finds: 0 were counted, the books say [1-9]/);
    },
    MAX_MS,
  );
});
