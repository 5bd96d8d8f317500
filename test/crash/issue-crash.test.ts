import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { ask, importMembers, json } from '../support/ask-server.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';

const KILLS = size(4, 40);
/** Of the short form two blocks; of the long one more than a slice has. */
const MEMBERS = size(1_500, 620_000);
const LOGINS = 200;
const CLIENTS = 8;
/** Longest that a server is left alone. */
const MAX_DELAY_MS = 1_000;

const idSchema = z.object({ id: z.int() });
const couponSchema = z.object({ granted: z.int() });
const runSchema = z.object({
  state: z.string(),
  targeted: z.int(),
  granted: z.int(),
  alreadyHeld: z.int(),
  withoutStock: z.int(),
  remaining: z.int(),
});
const runsSchema = z.object({ items: z.array(runSchema) });
const walletSchema = z.object({ items: z.array(z.object({ coupon: z.object({ id: z.int() }) })) });
const auditSchema = z.object({ differences: z.array(z.unknown()) });

it(
  `issue runs killed ${KILLS} times beside logins give everybody one of each, and their books add up`,
  async () => {
    const random = new SeededRandom(takeSeed('moments of the kills'));
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-issue-'));
    let server = await ServerProcess.start(folder);
    try {
      const members = await importMembers(server.url, MEMBERS);
      /** Asks until there is an answer, under a key where it has an effect. */
      const insist = async (path: string, method: string, body?: object, key?: string): Promise<unknown> => {
        for (;;) {
          const answer = await ask(json(`${server.url}${path}`, method, body, key));
          if (answer !== undefined) return answer;
          await after(5);
        }
      };
      const coupons: number[] = [];
      let isOver = false;
      let made = 0;
      const client = async (): Promise<void> => {
        while (!isOver) {
          const number = made++;
          const { id } = idSchema.parse(await insist('/v1/coupons', 'POST', COUPON, `coupon-${number}`));
          await insist(`/v1/coupons/${id}/activate`, 'POST', {}, `activate-${number}`);
          await insist(`/v1/coupons/${id}/issue-runs`, 'POST', undefined, `issue-${number}`);
          coupons.push(id);
          const memberId = members[Math.floor(random.next() * LOGINS)] ?? '';
          await insist('/v1/events/incoming/member.loggedIn', 'POST', { memberId }, `login-${number}`);
        }
      };
      const clients = Array.from({ length: CLIENTS }, client);
      for (let kill = 0; kill < KILLS; kill++) {
        await after(random.next() * MAX_DELAY_MS); // the moment of the kill is left to chance
        await server.kill();
        server = await ServerProcess.start(folder);
      }
      isOver = true;
      await Promise.all(clients);

      for (const id of coupons) {
        await expect
          .poll(() => insist(`/v1/coupons/${id}/issue-runs`, 'GET').then((answer) => runsSchema.parse(answer).items), {
            timeout: 120_000,
          })
          .toMatchObject([{ state: 'completed', targeted: MEMBERS, withoutStock: 0, remaining: 0 }]);
        expect(couponSchema.parse(await insist(`/v1/coupons/${id}`, 'GET')).granted).toBe(MEMBERS);
      }
      for (const memberId of [members[0], members[LOGINS], members.at(-1)]) {
        const wallet = await insist(`/v1/members/${memberId ?? ''}/coupons?limit=200`, 'GET');
        const held = walletSchema.parse(wallet).items.map(({ coupon }) => coupon.id);
        expect(new Set(held).size).toBe(held.length);
        expect(held.slice(0, 100)).toEqual(
          [...coupons]
            .sort((left, right) => right - left)
            .slice(0, held.length)
            .slice(0, 100),
        );
      }
      const audit = auditSchema.parse(await insist('/v1/audit', 'POST', {}));
      expect(audit.differences).toEqual([]);
      reportFigures('R14', {
        'kills in issue runs': KILLS,
        'issue runs': coupons.length,
        'grants of them': coupons.length * MEMBERS,
      });
    } finally {
      await server.kill();
      rmSync(folder, { recursive: true });
    }
  },
  minutes(15, 40),
);

const COUPON = {
  name: 'For all',
  issue: 'platform',
  rule: { kind: 'directCut', cutMinor: '500' },
  currency: 'CNY',
  validity: { kind: 'days', days: 30 },
  opensAt: new Date(Date.now() - 60_000).toISOString(),
  closesAt: new Date(Date.now() + 86_400_000).toISOString(),
};
