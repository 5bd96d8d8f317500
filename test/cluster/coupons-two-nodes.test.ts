/** One coupon at two nodes whose clocks are two minutes apart: stock, budget, locks and times are shared to the last bit. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { AnswerError, json } from '../support/ask-server.js';
import { activeFlashCoupon, auditSchema, claimsSchema, couponSchema } from '../support/claims-api.js';
import { ClusterScene } from '../support/cluster/cluster-scene.js';
import { FakeTime, whyNoFakeTime } from '../support/fake-time.js';
import { OwnRedis } from '../support/own-redis.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import type { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const APART_SECONDS = 120;
/** Long enough for what a test does, and shorter than the clocks are apart. */
const SOON_SECONDS = 60;
const CUT_MINOR = 500;
const MEMBERS = size(40, 1_000);
const ROUNDS = size(20, 500);
/** A second is promised; in the short form a deadline that fails loudly, whatever else the machine does. */
const OPEN_WITHIN_MS = size(120_000, 2_000);

const moneySchema = z.object({
  budgetMinor: z.string(),
  freeMinor: z.string(),
  lockedMinor: z.string(),
  redeemedMinor: z.string(),
});
const orderSchema = z.object({ grants: z.array(z.object({ holding: z.string() })) });

describeMysql('coupons at two nodes over one database', () => {
  let database: TemporaryDatabase;
  let redis: OwnRedis;
  let scene: ClusterScene;
  let ahead: FakeTime;
  let first: ServerProcess;
  let second: ServerProcess;
  beforeAll(async () => {
    database = await temporaryDatabase();
    redis = await OwnRedis.start();
    scene = await ClusterScene.open({ members: MEMBERS, databaseUrl: database.url });
    ahead = new FakeTime();
    ahead.set(APART_SECONDS);
    const servers = { mysql: { url: database.url }, redis: { url: redis.url } };
    first = await scene.startNode(servers);
    second = await scene.startNode(servers, { environment: whyNoFakeTime === undefined ? ahead.environment : {} });
  });
  afterAll(async () => {
    await scene.remove();
    ahead.remove();
    await redis.kill();
    await database.drop();
  });

  const nodeOf = (number: number): ServerProcess => (number % 2 === 0 ? first : second);
  const member = (number: number): string => `m${number}`;
  const everybody = Array.from({ length: MEMBERS }, (_, number) => number);
  const coupon = async (id: number) => couponSchema.parse(await json(`${first.url}/v1/coupons/${id}`, 'GET'));
  const claim = async (node: ServerProcess, id: number, ...numbers: readonly number[]) => {
    const body = { memberIds: numbers.map(member) };
    return claimsSchema.parse(await json(`${node.url}/v1/coupons/${id}/claims`, 'POST', body)).items;
  };
  const outcome = async (node: ServerProcess, id: number, number: number) =>
    (await claim(node, id, number))[0]?.outcome;
  /** The reason why it was refused; undefined when it locks. */
  const lock = (node: ServerProcess, orderId: string, number: number, grantId: string, lockSeconds = 3_600) =>
    refusalOf(
      json(`${node.url}/v1/locks`, 'POST', {
        orderId,
        memberId: member(number),
        currency: 'CNY',
        lines: [{ productId: 'p-1', unitPriceMinor: '10000' }],
        grantIds: [grantId],
        lockSeconds,
      }),
    );
  const holding = async (node: ServerProcess, orderId: string) =>
    orderSchema.parse(await json(`${node.url}/v1/locks/${orderId}`, 'GET')).grants[0]?.holding;
  const tell = (node: ServerProcess, what: 'paid' | 'cancelled', orderId: string) =>
    json(`${node.url}/v1/events/incoming/order.${what}`, 'POST', { orderId, version: 2 });
  const auditIsEmpty = async (): Promise<void> =>
    expect(auditSchema.parse(await json(`${second.url}/v1/audit`, 'POST', {})).differences).toEqual([]);
  const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

  it('open, close and end locks at the same moment, though the clocks of the nodes differ', async (context) => {
    if (whyNoFakeTime !== undefined) context.skip(whyNoFakeTime);
    const opening = await activeFlashCoupon(first.url, { opensAt: inSeconds(SOON_SECONDS) });
    expect(await outcome(second, opening, 0)).toBe('tooEarly');
    const closing = await activeFlashCoupon(first.url, { closesAt: inSeconds(SOON_SECONDS) });
    expect(await outcome(second, closing, 0)).toBe('granted');

    const id = await activeFlashCoupon(first.url, {});
    const [kept, over] = (await claim(second, id, 0, 1)).map(({ grant }) => grant?.id ?? '');
    expect(await lock(first, 'clock-kept', 0, kept ?? '', SOON_SECONDS)).toBeUndefined();
    expect(await lock(first, 'clock-over', 1, over ?? '', 1)).toBeUndefined();
    expect(await lock(second, 'clock-other', 0, kept ?? '')).toBe('locked');
    await vi.waitFor(
      async () => {
        const sql = "SELECT 1 FROM coupon_order WHERE order_id = 'clock-over' AND lock_ends_at IS NULL";
        expect(await database.query(sql), 'released by the timer').toHaveLength(1);
      },
      { timeout: 120_000, interval: 50 },
    );
    const sql = "SELECT 1 FROM coupon_order WHERE order_id = 'clock-kept' AND lock_ends_at IS NOT NULL";
    expect(await database.query(sql), 'not released by the timer').toHaveLength(1);
  }, 300_000);

  it(
    'keep a budget exact while both lock the same grants, are paid and cancelled twice over',
    async () => {
      const affordable = MEMBERS / 4;
      const id = await activeFlashCoupon(first.url, { budgetMinor: `${affordable * CUT_MINOR}` });
      const grants = (await claim(first, id, ...everybody)).map(({ grant }) => grant?.id ?? '');
      const money = async () => {
        const { budgetMinor, freeMinor, lockedMinor, redeemedMinor } = moneySchema.parse(
          await json(`${second.url}/v1/coupons/${id}`, 'GET'),
        );
        const [budget, free, locked, redeemed] = [budgetMinor, freeMinor, lockedMinor, redeemedMinor].map(
          (minor) => Number(minor) / CUT_MINOR,
        );
        return { budget, free, locked, redeemed };
      };
      /** Everybody's grant wanted by an order at each node at the same time; answers the orders that have one. */
      const lockAll = async (name: string): Promise<readonly string[]> => {
        const asked = everybody.flatMap((number) =>
          [first, second].map(async (node, place) => {
            const orderId = `${name}-${number}-${place}`;
            const refusal = await lock(node, orderId, number, grants[number] ?? '');
            if (refusal !== undefined) expect(['locked', 'redeemed', 'budgetSpent']).toContain(refusal);
            return refusal === undefined ? [{ orderId, number }] : [];
          }),
        );
        const won = (await Promise.all(asked)).flat();
        expect(new Set(won.map(({ number }) => number)).size, 'one order has a grant').toBe(won.length);
        return won.map(({ orderId }) => orderId);
      };
      const won = await lockAll('first');
      expect(won).toHaveLength(affordable);
      expect(await money()).toEqual({ budget: affordable, free: 0, locked: affordable, redeemed: 0 });

      const paid = won.slice(0, affordable / 2);
      const news = won.flatMap((orderId) =>
        [first, second, first].map((node) => tell(node, paid.includes(orderId) ? 'paid' : 'cancelled', orderId)),
      );
      await Promise.all(news);
      const back = affordable - paid.length;
      expect(await money()).toEqual({ budget: affordable, free: back, locked: 0, redeemed: paid.length });
      for (const orderId of paid) expect(await holding(second, orderId)).toBe('redeemed');

      expect(await lockAll('again')).toHaveLength(back);
      expect(await money()).toEqual({ budget: affordable, free: 0, locked: back, redeemed: paid.length });
      await auditIsEmpty();
      reportFigures('R15', {
        'locks asked for at two nodes': 4 * MEMBERS,
        'budget in coupons': affordable,
        locked: back,
        redeemed: paid.length,
        'news of orders, each told three times': won.length,
      });
    },
    minutes(10, 10),
  );

  it(
    'give what there is while the stock is raised and lowered at both',
    async () => {
      const random = new SeededRandom(takeSeed('stocks'));
      const id = await activeFlashCoupon(first.url, { stock: 1, limitPerMember: 100 });
      let granted = 0;
      let changes = 0;
      const change = async (node: ServerProcess): Promise<void> => {
        const stock = Math.max(0, granted + Math.floor(random.next() * 8) - 3);
        try {
          const after = couponSchema.parse(await json(`${node.url}/v1/coupons/${id}/stock`, 'PUT', { stock }));
          expect(after.granted).toBeLessThanOrEqual(stock);
          changes++;
        } catch (error) {
          expect(error instanceof AnswerError && error.text).toContain('STOCK_BELOW_GRANTED');
        }
      };
      for (let round = 0; round < ROUNDS; round++) {
        const claims = [0, 1, 2, 3].map(async (place) => {
          if ((await outcome(nodeOf(place), id, (4 * round + place) % MEMBERS)) === 'granted') granted++;
        });
        await Promise.all([...claims, change(nodeOf(round))]);
      }
      const after = await coupon(id);
      expect(after.granted).toBe(granted);
      expect(after.granted).toBeLessThanOrEqual(after.stock ?? 0);
      expect(granted, 'or nothing was to be had').toBeGreaterThan(0);
      expect(changes).toBeGreaterThan(0);
      await auditIsEmpty();
      reportFigures('R14', {
        'changes of the stock while two nodes claim': changes,
        claims: 4 * ROUNDS,
        granted,
        oversold: Math.max(0, after.granted - (after.stock ?? 0)),
      });
    },
    minutes(10, 10),
  );

  it(
    'open what one refuses from memory when its stock comes back at the other',
    async () => {
      const id = await activeFlashCoupon(first.url, { stock: 1 });
      const fromMemory = async (): Promise<number> => {
        const text = await (await fetch(`${second.url}/metrics`)).text();
        return Number(/fanfare_coupon_claims\{answer="refusedFromMemory"\} (\d+)/.exec(text)?.[1] ?? 0);
      };
      let longestMs = 0;
      for (let stock = 1; stock <= size(3, 19); stock += 2) {
        expect(await outcome(first, id, stock)).toBe('granted');
        const before = await fromMemory();
        await vi.waitFor(
          async () => {
            expect(await outcome(second, id, 0)).toBe('soldOut');
            expect(await fromMemory()).toBeGreaterThan(before);
          },
          { timeout: 120_000, interval: 5 },
        );
        await json(`${first.url}/v1/coupons/${id}/stock`, 'PUT', { stock: stock + 1 });
        const fromMs = performance.now();
        await vi.waitFor(async () => expect(await outcome(second, id, stock + 1)).toBe('granted'), {
          timeout: OPEN_WITHIN_MS,
          interval: 10,
        });
        longestMs = Math.max(longestMs, Math.round(performance.now() - fromMs));
        await json(`${second.url}/v1/coupons/${id}/stock`, 'PUT', { stock: stock + 2 });
      }
      reportFigures('R14', {
        'ms until a node that refused from memory has seen stock of the other, at most': longestMs,
      });
    },
    minutes(10, 5),
  );
});

async function refusalOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (!(error instanceof AnswerError) || error.status !== 409) throw error;
    const refusal = z.object({ values: z.object({ refusals: z.array(z.object({ reason: z.string() })) }) });
    return refusal.parse(JSON.parse(error.text)).values.refusals[0]?.reason;
  }
}
