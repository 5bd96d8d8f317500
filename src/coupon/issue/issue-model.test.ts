import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueWorld, type IssueWorld } from '../../../test/support/issue-world.js';
import { minutes, size } from '../../../test/support/proof.js';
import { isDomainError } from '../../core/errors.js';
import { ordinal } from '../../core/ids.js';
import { fetchToMove } from '../grant/held-grants.js';
import type { IssueRun } from './issue-run.js';

/** Members over five slices of an audience, so that logins fall before, into and behind each. */
const MEMBERS = Array.from({ length: 10 }, (_, index) => index * 50_000 + (index % 3));

const member = fc.nat(MEMBERS.length - 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('slice' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('login' as const), members: fc.array(member, { maxLength: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wallet' as const), member }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), member }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('start' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'cancel' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stock' as const), stock: fc.nat(12) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Refusals of what the moment does not allow are part of the game; nothing else is. */
const REFUSALS = ['ISSUE_RUN_STATE', 'COUPON_STATE', 'GRANT_STATE', 'STOCK_BELOW_GRANTED'] as const;
function ignoreRefusal(error: unknown): void {
  if (!REFUSALS.some((code) => isDomainError(error, code))) throw error;
}

describe('lazily and eagerly given at the same time', () => {
  let world: IssueWorld;
  beforeAll(async () => {
    world = await issueWorld();
    await world.join(...MEMBERS);
  });
  afterAll(() => world.remove());

  it(
    'a coupon comes to nobody twice, never beyond its stock, and in the end to everybody',
    async () => {
      const { campaignId } = await world.frozen(MEMBERS);
      const groups = fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 6 });
      const stock = fc.option(fc.nat(12), { nil: undefined });
      await fc.assert(
        fc.asyncProperty(groups, stock, fc.boolean(), async (all, limit, isForAudience) => {
          const audience = isForAudience
            ? ({ kind: 'campaign', campaignId } as const)
            : ({ kind: 'everybody' } as const);
          const { id } = await world.active({ stock: limit, audience });
          const runs: IssueRun[] = [];
          const play = async (each: Step): Promise<unknown> => {
            const last = runs.at(-1);
            switch (each.kind) {
              case 'slice':
                return last && world.slice(last);
              case 'login':
                return world.login(...each.members.map((index) => MEMBERS[index] ?? 0));
              case 'wallet':
                return world.desk.wallet({
                  ordinal: ordinal(MEMBERS[each.member] ?? 0),
                  state: undefined,
                  after: undefined,
                  limit: 10,
                });
              case 'move': {
                const key = { couponId: id, ordinal: ordinal(MEMBERS[each.member] ?? 0), n: 1 };
                return world.store.transaction(async (tx) => {
                  await tx.coupons.lock(id);
                  return fetchToMove(tx, id, [key]);
                });
              }
              case 'start':
                return runs.push(await world.start(id));
              case 'stock':
                return world.stock(id, each.stock);
              default:
                return last && world.move(last, each.kind);
            }
          };
          for (const group of all) {
            await Promise.all(group.map((each) => play(each).catch(ignoreRefusal)));
            const holders = await world.holders(id, MEMBERS);
            const coupon = await world.find(id);
            expect(coupon.counts.granted).toBe(holders.length);
            expect(holders.length).toBeLessThanOrEqual(coupon.stock ?? Infinity);
          }
          for (const run of runs) {
            const { targeted, granted, alreadyHeld, withoutStock, remaining } = await world.books(run);
            expect(granted + alreadyHeld + withoutStock + remaining).toBe(targeted);
            expect(targeted).toBe(MEMBERS.length);
            if (run === runs.at(-1)) await world.move(run, 'cancel').catch(ignoreRefusal);
          }
          await world.stock(id, undefined);
          const last = await world.start(id);
          await Promise.all([world.finish(last), world.login(...MEMBERS.slice(0, 5)), world.login(...MEMBERS)]);
          expect(await world.holders(id, MEMBERS)).toEqual(MEMBERS);
          expect((await world.find(id)).counts.granted).toBe(MEMBERS.length);
        }),
        { numRuns: size(40, 1_000) },
      );
      await world.audit();
    },
    minutes(10, 30),
  );
});
