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

const KILLS = size(3, 60);
const MEMBERS = size(200, 20_000);
const CLIENTS = 8;
/** Longest that a server is left alone. */
const MAX_DELAY_MS = 1_500;

const couponSchema = z.object({
  id: z.int(),
  locked: z.int(),
  redeemed: z.int(),
  lockedMinor: z.string(),
  redeemedMinor: z.string(),
});
const claimsSchema = z.object({ items: z.array(z.object({ grant: z.object({ id: z.string() }) })) });
const orderSchema = z.object({ grants: z.array(z.object({ holding: z.string() })) });
const journalSchema = z.object({
  items: z.array(z.object({ move: z.string(), orderId: z.string().nullable() })),
  nextCursor: z.string().nullable(),
});
const auditSchema = z.object({ differences: z.array(z.unknown()) });

it(
  `every lock and every payment that was answered is in the books after ${KILLS} kills, each once`,
  async () => {
    const random = new SeededRandom(takeSeed('moments of the kills'));
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-locks-'));
    let server = await ServerProcess.start(folder);
    try {
      const members = await importMembers(server.url, MEMBERS);
      const { id } = couponSchema.parse(await json(`${server.url}/v1/coupons`, 'POST', couponBody()));
      await json(`${server.url}/v1/coupons/${id}/activate`, 'POST', {});
      const grants: string[] = [];
      for (let from = 0; from < MEMBERS; from += 1_000) {
        const memberIds = members.slice(from, from + 1_000);
        const { items } = claimsSchema.parse(
          await json(`${server.url}/v1/coupons/${id}/claims`, 'POST', { memberIds }),
        );
        grants.push(...items.map(({ grant }) => grant.id));
      }

      const locked = new Set<number>();
      const paid = new Set<number>();
      let requests = 0;
      let unanswered = 0;
      const tell = async (path: string, body: object): Promise<boolean> => {
        requests++;
        const answered = (await ask(json(`${server.url}${path}`, 'POST', body))) !== undefined;
        if (!answered) unanswered++;
        return answered;
      };
      /** Locks, and of every second order tells that it was paid; sent again as long as chance has it. */
      const goOn = async (index: number): Promise<void> => {
        if (!locked.has(index)) {
          if (await tell('/v1/locks', lockBody(index, grants[index]))) locked.add(index);
        } else if (index % 2 === 0) {
          if (await tell('/v1/events/incoming/order.paid', { orderId: `o-${index}`, version: 2 })) paid.add(index);
        } else await tell('/v1/locks', lockBody(index, grants[index]));
      };
      let isOver = false;
      const client = async (): Promise<void> => {
        while (!isOver) {
          await goOn(Math.floor(random.next() * MEMBERS));
          await after(1); // a dead server refuses at once
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

      let missing = 0;
      for (const index of locked) {
        const order = orderSchema.parse(await json(`${server.url}/v1/locks/o-${index}`, 'GET'));
        const holding = order.grants[0]?.holding;
        if (paid.has(index) ? holding !== 'redeemed' : holding !== 'locked' && holding !== 'redeemed') missing++;
      }
      expect(missing).toBe(0);
      for (const index of grants.keys()) await goOn(index); // who had no answer asks again
      for (const index of grants.keys()) await goOn(index);
      const coupon = couponSchema.parse(await json(`${server.url}/v1/coupons/${id}`, 'GET'));
      const half = MEMBERS / 2;
      expect(coupon).toMatchObject({ locked: half, redeemed: half });
      expect([coupon.lockedMinor, coupon.redeemedMinor]).toEqual([`${half * 500}`, `${half * 500}`]);
      const moves = await movesOf(server.url, id);
      expect(new Set(moves).size).toBe(moves.length);
      expect(moves.length).toBe(MEMBERS + half);
      const audit = auditSchema.parse(await json(`${server.url}/v1/audit`, 'POST', {}));
      expect(audit.differences).toEqual([]);
      reportFigures('R15', {
        kills: KILLS,
        requests,
        'requests without an answer': unanswered,
        'answered locks and payments that are missing': missing,
      });
    } finally {
      await server.kill();
      rmSync(folder, { recursive: true });
    }
  },
  minutes(15, 30),
);

/** Moves of orders in the journal, as `move order`. */
async function movesOf(url: string, id: number): Promise<readonly string[]> {
  const moves: string[] = [];
  for (let cursor = ''; ;) {
    const page = journalSchema.parse(await json(`${url}/v1/coupons/${id}/journal?limit=200${cursor}`, 'GET'));
    for (const { move, orderId } of page.items) if (orderId !== null) moves.push(`${move} ${orderId}`);
    if (page.nextCursor === null) return moves;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

const lockBody = (index: number, grantId: string | undefined) => ({
  orderId: `o-${index}`,
  memberId: `m-${index}`,
  currency: 'CNY',
  lines: [{ productId: 'p-1', unitPriceMinor: '10000' }],
  grantIds: [grantId],
  lockSeconds: 604_800,
});

const couponBody = () => ({
  name: 'Order',
  issue: 'selfClaim',
  rule: { kind: 'directCut', cutMinor: '500' },
  currency: 'CNY',
  validity: { kind: 'days', days: 30 },
  opensAt: new Date(Date.now() - 60_000).toISOString(),
  closesAt: new Date(Date.now() + 86_400_000).toISOString(),
});
