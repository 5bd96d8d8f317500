import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { activeCoupon, couponCommand } from '../../../test/support/coupon-builder.js';
import { addMembers, addPlainMembers, removeMembers } from '../../../test/support/members.js';
import { minutes, size } from '../../../test/support/proof.js';
import { temporaryStore } from '../../../test/support/temporary-store.js';
import { couponId, ordinal, type CouponId } from '../../core/ids.js';
import { addMs, DAY_MS, HOUR_MS } from '../../core/time.js';
import { parseFilterText } from '../../membership/filter-text.js';
import { CouponDesk } from './coupon-desk.js';
import type { CreateCoupon } from '../create-coupon.js';
import { createCoupon } from '../create-coupon.js';
import type { ClaimOutcome } from './decide-claim.js';
import { changeStock } from '../edit-coupon.js';
import { grantName } from '../grant/grant.js';
import { moveCoupon } from '../move-coupon.js';
import { SoldOutCoupons } from './sold-out.js';

const MEMBERS = size(2_000, 20_000);

/** With members at the ordinals below `members`. */
async function open(members: number) {
  const opened = await temporaryStore();
  await addPlainMembers(opened.store, members);
  const desk = new CouponDesk({ store: opened.store, clock: opened.clock });
  const now = () => opened.clock.now();
  const request = (key: number | undefined) => (key === undefined ? undefined : new Uint8Array(8).fill(key));
  return {
    ...opened,
    desk,
    now,
    active: (changes: Partial<CreateCoupon> = {}) => activeCoupon((body) => desk.change(body), now(), changes),
    claim: (id: CouponId, member: number, key?: number) =>
      desk.claim(id, [{ ordinal: ordinal(member), request: request(key) }]).then(([answer]) => answer),
    outcomes: async (id: CouponId, ...members: number[]) => {
      const answers = await desk.claim(
        id,
        members.map((each) => ({ ordinal: ordinal(each), request: undefined })),
      );
      return answers.map(({ outcome }) => outcome);
    },
    stock: (id: CouponId, stock: number | undefined) => desk.change((tx) => changeStock(tx, now(), { id, stock })),
    move: (id: CouponId, move: 'pause' | 'activate' | 'end') =>
      desk.change((tx) => moveCoupon(tx, now(), { id, move })),
    transactions: () => opened.store.stats().transactions,
    /** What the books say of a coupon: counts, rows by member and journal, which must agree. */
    books: async (id: CouponId) =>
      opened.store.read(async (tx) => {
        const coupon = await tx.coupons.find(id);
        const holders = await tx.grants.holdersAfter(id, { after: -1, limit: 1_000_000 });
        const grants = (await tx.grants.ofMembers(id, holders.map(ordinal))).flat();
        const journal = await tx.grants.journalAfter(id, { after: 0, limit: 1_000_000 });
        expect(coupon?.counts.granted).toBe(grants.length);
        expect(journal.map(grantName).sort()).toEqual(grants.map(grantName).sort());
        return { coupon, grants, names: new Set(grants.map(grantName)) };
      }),
  };
}

describe('claims', () => {
  let test: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    test = await open(10);
  });
  afterEach(() => test.remove());

  it('answer each member of one request, by the books', async () => {
    const { id } = await test.active({ stock: 2 });
    expect(await test.outcomes(id, 1, 2, 3)).toEqual(['granted', 'granted', 'soldOut']);
    expect(await test.outcomes(id, 2, 3)).toEqual(['alreadyGranted', 'soldOut']);
    expect((await test.books(id)).names).toEqual(new Set([`${id}-1-1`, `${id}-2-1`]));
  });

  it('are early before the opening and in a draft, late from the close on, and held while paused', async () => {
    const opensAt = addMs(test.now(), HOUR_MS);
    const { id } = await test.active({ opensAt, closesAt: addMs(opensAt, HOUR_MS) });
    const draft = await test.desk.change((tx) => createCoupon(tx, test.now(), couponCommand(test.now())));
    expect(await test.outcomes(draft.id, 1)).toEqual(['tooEarly']);
    test.clock.advance(HOUR_MS - 1);
    expect(await test.outcomes(id, 1)).toEqual(['tooEarly']);
    test.clock.advance(1);
    expect(await test.outcomes(id, 1)).toEqual(['granted']);
    await test.move(id, 'pause');
    expect(await test.outcomes(id, 1, 2)).toEqual(['alreadyGranted', 'paused']);
    await test.move(id, 'activate');
    test.clock.advance(HOUR_MS - 1);
    expect(await test.outcomes(id, 2)).toEqual(['granted']);
    test.clock.advance(1);
    expect(await test.outcomes(id, 2, 3)).toEqual(['alreadyGranted', 'tooLate']);
  });

  it('are refused to whoever was erased since she asked, and her grants stay as they are', async () => {
    const { id } = await test.active({ limitPerMember: 2, stock: 2 });
    const first = await test.claim(id, 2, 7);
    await removeMembers(test.store, [1, 2]);
    expect(await test.outcomes(id, 1, 2, 3)).toEqual(['unknownMember', 'unknownMember', 'granted']);
    expect(await test.claim(id, 2, 7)).toMatchObject({ outcome: 'granted', grant: first?.grant });
    expect((await test.books(id)).names).toEqual(new Set([`${id}-2-1`, `${id}-3-1`]));
  });

  it('end at the limit of a member, and are not for what the platform gives', async () => {
    const { id } = await test.active({ limitPerMember: 2 });
    expect(await test.outcomes(id, 1)).toEqual(['granted']);
    expect(await test.outcomes(id, 1)).toEqual(['granted']);
    expect(await test.outcomes(id, 1)).toEqual(['limitReached']);
    const given = await test.active({ issue: 'platform' });
    expect(await test.outcomes(given.id, 1)).toEqual(['notClaimable']);
  });

  it('are answered with the same grant under the same key, whatever has become of the coupon since', async () => {
    const { id } = await test.active({ stock: 1, limitPerMember: 3 });
    const first = await test.claim(id, 1, 7);
    expect(first).toMatchObject({ outcome: 'granted', grant: { n: 1 } });
    expect(await test.outcomes(id, 2)).toEqual(['soldOut']);
    await test.move(id, 'end');
    test.clock.advance(30 * DAY_MS);
    expect(await test.claim(id, 1, 7)).toMatchObject({ outcome: 'granted', grant: first?.grant });
    expect((await test.claim(id, 1, 8))?.outcome).toBe('tooLate');
    expect((await test.books(id)).grants).toHaveLength(1);
  });

  it('share a transaction at the same moment, and one result under the same key', async () => {
    const { id } = await test.active({ limitPerMember: 100 });
    await test.claim(id, 0);
    const before = test.transactions();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => test.claim(id, 1, index % 2)));
    expect(new Set(answers.map((answer) => answer?.grant?.n))).toEqual(new Set([1, 2]));
    expect(test.transactions() - before).toBe(1);
  });

  it('give the last of the stock once, and say so once for each time it is gone', async () => {
    const { id } = await test.active({ stock: 1 });
    const soldOut = async () => {
      await test.store.transaction((tx) =>
        tx.events.ensureGroup({ topic: 'coupon.soldout', group: 'test', now: test.now() }),
      );
      const groups = await test.store.read((tx) => tx.events.groups());
      return groups.find(({ topic }) => topic === 'coupon.soldout')?.backlog;
    };
    expect(await test.outcomes(id, 1, 2)).toEqual(['granted', 'soldOut']);
    expect(await soldOut()).toBe(1);
    await test.outcomes(id, 3);
    await test.stock(id, 2);
    expect(await test.outcomes(id, 2, 3)).toEqual(['granted', 'soldOut']);
    expect(await soldOut()).toBe(2);
    await test.stock(id, 5);
    await test.stock(id, 2); // to what was granted: gone as well
    await test.stock(id, 2);
    expect(await soldOut()).toBe(3);
  });
});

describe('a sold-out coupon', () => {
  let test: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    test = await open(2_100);
  });
  afterEach(() => test.remove());

  /** Claims until the answer needs no transaction any more. */
  const refusedFromMemory = async (id: CouponId, member: number): Promise<void> => {
    await expect
      .poll(
        async () => {
          const before = test.transactions();
          expect(await test.outcomes(id, member)).toEqual(['soldOut']);
          return test.transactions() - before;
        },
        { timeout: 60_000 },
      )
      .toBe(0);
  };

  it('is refused from memory to those who hold none, and found in the books by those who do', async () => {
    const { id } = await test.active({ stock: 2 });
    await test.claim(id, 1_005, 9);
    await test.outcomes(id, 3);
    await refusedFromMemory(id, 4);
    expect(await test.outcomes(id, 3, 4, 1_005)).toEqual(['alreadyGranted', 'soldOut', 'alreadyGranted']);
    expect((await test.claim(id, 1_005, 9))?.outcome).toBe('granted');
  });

  it('opens again at once when stock comes back, and says so when it closes or is paused', async () => {
    const { id, closesAt } = await test.active({ stock: 1 });
    await test.outcomes(id, 1);
    await refusedFromMemory(id, 2);
    await test.stock(id, 2);
    expect(await test.outcomes(id, 2, 3)).toEqual(['granted', 'soldOut']);
    await refusedFromMemory(id, 3);
    await test.move(id, 'pause');
    expect(await test.outcomes(id, 3)).toEqual(['paused']);
    await test.move(id, 'activate');
    await refusedFromMemory(id, 3);
    test.clock.advance(closesAt - test.now());
    expect(await test.outcomes(id, 3)).toEqual(['tooLate']);
  });

  it('opens again within a second when another node brings stock back', async () => {
    const { id } = await test.active({ stock: 1 });
    await test.outcomes(id, 1);
    await refusedFromMemory(id, 2);
    await test.store.transaction((tx) => changeStock(tx, test.now(), { id, stock: 2 })); // this desk is not told
    expect(await test.outcomes(id, 2)).toEqual(['soldOut']);
    test.clock.advance(1_000);
    expect(await test.outcomes(id, 2, 3)).toEqual(['granted', 'soldOut']);
  });

  it('is still refused from memory when it is as it was after a second', async () => {
    const { id } = await test.active({ stock: 1 });
    await test.outcomes(id, 1);
    await refusedFromMemory(id, 2);
    test.clock.advance(5_000);
    await refusedFromMemory(id, 2);
  });

  it('is not remembered beyond the room there is: the oldest goes, and the store answers for it', async () => {
    const desks = new SoldOutCoupons({ store: test.store, clock: test.clock, maxBytes: 2_000 });
    const soldOut = async (...holders: number[]) => {
      const { id, version } = await test.active({ stock: holders.length });
      await test.outcomes(id, ...holders);
      await desks.met(id, version);
      return id;
    };
    const refused = (id: CouponId) => desks.refuses(id, ordinal(9));
    const [first, second] = [await soldOut(1), await soldOut(1)];
    expect([refused(first), refused(second)]).toEqual([true, true]);
    const third = await soldOut(1, 1_001);
    expect([refused(first), refused(second), refused(third)]).toEqual([false, true, true]);
    const scattered = Array.from({ length: 10 }, (_, index) => (index + 10) * 1_000);
    await addMembers(
      test.store,
      scattered.map((each) => ({ ordinal: each, memberId: `s-${each}` })),
    );
    const tooLarge = await soldOut(...scattered);
    expect([refused(second), refused(third), refused(tooLarge)]).toEqual([true, true, false]);
    desks.changed(second); // its room is free again
    const fourth = await soldOut(1);
    expect([refused(third), refused(fourth)]).toEqual([true, true]);
  });

  it('never stays shut when its stock is raised while its holders are read', async () => {
    const { id } = await test.active({ stock: 1 });
    await test.outcomes(id, 1);
    for (let stock = 2; stock < 40; stock++) {
      const met = test.outcomes(id, 1_000 + stock); // sold out: holders are read in the background
      await Promise.all([met, test.stock(id, stock)]);
      await test.outcomes(id, 2_000 + stock);
      expect((await test.books(id)).coupon?.counts.granted).toBe(stock); // one of the two had it
    }
  });

  it('that a filter asks for is looked for in memory as well', async () => {
    const { id } = await test.active();
    let reads = 0;
    const counted = {
      transaction: test.store.transaction.bind(test.store),
      read: <Result>(body: Parameters<typeof test.store.read<Result>>[0]) => {
        reads++;
        return test.store.read(body);
      },
    };
    const desk = new CouponDesk({ store: counted, clock: test.clock });
    await desk.checkFilter(parseFilterText(`level = 3 or not coupon.${id}.held`));
    const refused = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const made = id + 1 + index;
        const filter = parseFilterText(`level = 3 or not (coupon.${id}.held and coupon.${made}.told)`);
        return desk.checkFilter(filter).catch((error: unknown) => error);
      }),
    );
    for (const [index, error] of refused.entries()) {
      expect(error).toMatchObject({ code: 'INVALID_FILTER', values: { couponId: id + 1 + index } });
    }
    expect(reads).toBeLessThan(5);
  });

  it('that does not exist is told so from memory: a million made-up ids ask the store a few times', async () => {
    await test.active();
    let reads = 0;
    const counted = {
      transaction: test.store.transaction.bind(test.store),
      read: <Result>(body: Parameters<typeof test.store.read<Result>>[0]) => {
        reads++;
        return test.store.read(body);
      },
    };
    const desk = new CouponDesk({ store: counted, clock: test.clock });
    const asked = size(100_000, 1_000_000);
    const answers: Promise<'exists' | 'unknown'>[] = [];
    for (let first = 0; first < asked; first += 1_000) {
      for (let index = 0; index < 1_000; index++) {
        const check = desk.checkExists(couponId(1_000 + first + index));
        answers.push(
          check.then(
            () => 'exists',
            () => 'unknown',
          ),
        );
      }
      await test.clock.run(100); // 10,000 a second
    }
    await test.clock.run(10_000);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['unknown']));
    expect(reads).toBeLessThanOrEqual(100);
    const { id } = await desk.change((tx) => createCoupon(tx, test.now(), couponCommand(test.now())));
    await desk.checkExists(id);
  });
});

describe('claims at the same time', () => {
  let test: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    test = await open(MEMBERS);
  });
  afterAll(() => test.remove());

  const claimStep = fc.record({
    kind: fc.constant('claim' as const),
    member: fc.nat(5),
    key: fc.option(fc.nat(3), { nil: undefined }),
  });
  const stockStep = fc.record({ kind: fc.constant('stock' as const), stock: fc.nat(8) });
  const moveStep = fc.record({ kind: fc.constantFrom('pause' as const, 'activate' as const) });
  const step = fc.oneof({ weight: 8, arbitrary: claimStep }, stockStep, moveStep);
  const GIVEN: readonly (ClaimOutcome | undefined)[] = ['granted'];

  it(
    'never give more than the stock, nor a member more than her limit, under any interleaving',
    async () => {
      const groups = fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(groups, fc.nat(8), fc.integer({ min: 1, max: 3 }), async (all, stock, limit) => {
          const { id } = await test.active({ stock, limitPerMember: limit });
          const byKey = new Map<string, string>();
          const answered: string[] = [];
          for (const group of all) {
            await Promise.all(
              group.map(async (each) => {
                if (each.kind === 'stock') return test.stock(id, each.stock).catch(() => undefined);
                if (each.kind !== 'claim') return test.move(id, each.kind);
                const answer = await test.claim(id, each.member, each.key);
                if (!GIVEN.includes(answer?.outcome) || answer?.grant === undefined) return undefined;
                const name = grantName(answer.grant);
                const key = `${each.member}/${String(each.key)}`;
                if (each.key !== undefined) expect(byKey.get(key) ?? name).toBe(name);
                byKey.set(key, name);
                return answered.push(name);
              }),
            );
            const { coupon, grants } = await test.books(id);
            expect(grants.length).toBeLessThanOrEqual(coupon?.stock ?? 0);
            for (let member = 0; member <= 5; member++) {
              const mine = grants.filter((grant) => grant.ordinal === member);
              expect(mine.map(({ n }) => n)).toEqual(mine.map((_, index) => index + 1));
              expect(mine.length).toBeLessThanOrEqual(limit);
            }
          }
          const { names } = await test.books(id);
          expect(answered.filter((name) => !names.has(name))).toEqual([]);
          expect(new Set(answered).size).toBe(names.size);
        }),
        { numRuns: size(60, 2_000) },
      );
    },
    minutes(10, 30),
  );

  it('on several nodes never give more than the stock, nor a member more than her limit', async () => {
    const { id } = await test.active({ stock: 150, limitPerMember: 2 });
    const nodes = Array.from({ length: 3 }, () => new CouponDesk(test));
    const claims = Array.from({ length: 600 }, async (_, index) => {
      await test.clock.sleep(0);
      const [answer] = await (nodes[index % 3] ?? test.desk).claim(id, [
        { ordinal: ordinal(index % 100), request: undefined },
      ]);
      return answer?.outcome;
    });
    const granted = (await Promise.all(claims)).filter((outcome) => outcome === 'granted');
    expect(granted).toHaveLength(150);
    const { grants } = await test.books(id);
    expect(grants).toHaveLength(150);
    expect(Math.max(...grants.map(({ n }) => n))).toBeLessThanOrEqual(2);
  });

  it(
    'by many members for few coupons give exactly what there is',
    async () => {
      const stock = MEMBERS / 2;
      const { id } = await test.active({ stock });
      const startedMs = performance.now();
      const answers = await Promise.all(
        Array.from({ length: MEMBERS * 10 }, (_, index) => test.claim(id, index % MEMBERS)),
      );
      const tookMs = performance.now() - startedMs;
      console.log(`${MEMBERS * 10} claims in ${Math.round(tookMs)} ms`);
      const granted = answers.filter((answer) => answer?.outcome === 'granted');
      expect(granted).toHaveLength(stock);
      const { coupon, names } = await test.books(id);
      expect(names).toEqual(new Set(granted.map((answer) => (answer?.grant ? grantName(answer.grant) : ''))));
      expect(coupon?.counts.granted).toBe(stock);
    },
    minutes(10, 10),
  );
});
