import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { ask, importMembers, json } from '../support/ask-server.js';
import {
  activeFlashCoupon,
  auditSchema,
  claimsSchema,
  couponSchema,
  grantSchema,
  markOf,
} from '../support/claims-api.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';

const KILLS = size(4, 60);
const MEMBERS = size(400, 20_000);
const STOCK = MEMBERS / 2;
const CLIENTS = 16;
/** Kills come while no more than this has been answered, so that each of them meets claims that want to be granted. */
const LAST_KILL_AT = STOCK / 2;
const WAIT_MS = 120_000;

const walletSchema = z.object({ items: z.array(z.object({ grant: grantSchema })) });

it(
  `every claim that was answered "granted" is in the books after ${KILLS} kills, and none is there twice`,
  async () => {
    const random = new SeededRandom(takeSeed('moments of the kills'));
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-claims-'));
    let server = await ServerProcess.start(folder);
    try {
      const members = await importMembers(server.url, MEMBERS);
      const id = await activeFlashCoupon(server.url, { stock: STOCK });

      const answered = new Map<string, string>();
      const unanswered = new Set<string>();
      let isOver = false;
      let claims = 0;
      let missing = 0;
      const claim = async (memberId: string): Promise<string | undefined> => {
        claims++;
        const url = `${server.url}/v1/coupons/${id}/claims`;
        const answer = await ask(json(url, 'POST', { memberIds: [memberId] }, `claim-of-${memberId}`));
        if (answer === undefined) {
          unanswered.add(memberId);
          return undefined;
        }
        const [item] = claimsSchema.parse(answer).items;
        if (item?.outcome !== 'granted' || item.grant === null) return item?.outcome;
        const before = answered.get(memberId);
        if (before !== undefined && before !== markOf(item.grant)) missing++;
        answered.set(memberId, before ?? markOf(item.grant));
        return item.outcome;
      };
      const client = async (): Promise<void> => {
        while (!isOver) {
          await claim(members[Math.floor(random.next() * members.length)] ?? 'm-0');
          await after(1); // a dead server refuses at once
        }
      };
      const clients = Array.from({ length: CLIENTS }, client);
      for (let kill = 0; kill < KILLS; kill++) {
        const mark = ((kill + random.next()) / KILLS) * LAST_KILL_AT; // so far it is by then, and the moment is left to chance
        await vi.waitFor(() => expect(answered.size).toBeGreaterThanOrEqual(mark), { timeout: WAIT_MS, interval: 1 });
        await server.kill();
        server = await ServerProcess.start(folder);
        const { granted } = couponSchema.parse(await json(`${server.url}/v1/coupons/${id}`, 'GET'));
        expect(granted, 'or nothing was left to be granted at the kill').toBeLessThan(STOCK);
      }
      isOver = true;
      await Promise.all(clients);

      // Who had no answer asks again under the same key, and then everybody does, until the stock is gone.
      for (const memberId of [...unanswered, ...members]) await claim(memberId);
      expect(answered.size).toBe(STOCK);
      const coupon = couponSchema.parse(await json(`${server.url}/v1/coupons/${id}`, 'GET'));
      expect(coupon.granted).toBe(STOCK);
      let held = 0;
      let unheardOf = 0;
      for (const memberId of members) {
        const { items } = walletSchema.parse(await json(`${server.url}/v1/members/${memberId}/coupons`, 'GET'));
        const marks = items.map(({ grant }) => markOf(grant));
        const told = answered.get(memberId);
        if (told !== undefined && !marks.includes(told)) missing++;
        unheardOf += marks.filter((one) => one !== told).length;
        held += items.length;
      }
      expect({ missing, unheardOf }).toEqual({ missing: 0, unheardOf: 0 });
      expect(held).toBe(STOCK);
      const audit = auditSchema.parse(await json(`${server.url}/v1/audit`, 'POST', {}));
      expect(audit.differences).toEqual([]);
      reportFigures('R14', {
        kills: KILLS,
        claims,
        'claims without an answer': unanswered.size,
        oversold: held - STOCK,
        'answered grants that are missing': missing,
        'grants that nobody was told of': unheardOf,
      });
    } finally {
      await server.kill();
      rmSync(folder, { recursive: true });
    }
  },
  minutes(15, 30),
);
