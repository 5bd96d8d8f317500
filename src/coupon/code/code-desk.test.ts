import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeCoupon, couponCommand } from '../../../test/support/coupon-builder.js';
import { auditOf } from '../../../test/support/audit-books.js';
import { addPlainMembers } from '../../../test/support/members.js';
import { temporaryStore } from '../../../test/support/temporary-store.js';
import { systemRandom } from '../../adapters/system/system-random.js';
import { couponId, ordinal, type CouponId } from '../../core/ids.js';
import { addMs, DAY_MS, HOUR_MS } from '../../core/time.js';
import { reportAudit } from '../../ledger/audit.js';
import { claimCoupons } from '../claim/claim-coupons.js';
import { createCoupon, type CreateCoupon } from '../create-coupon.js';
import { changeStock, editCoupon } from '../edit-coupon.js';
import { moveCoupon } from '../move-coupon.js';
import { CodeDesk } from './code-desk.js';
import { MAX_CODES_AT_ONCE } from './make-codes.js';
import { MAX_REFUSED, RefusedAttempts, WINDOW_MS } from './refused-attempts.js';
import { listMakings, voidCodes } from './void-codes.js';

const WRONG = '0000-0000-0000-0';
const NOT_VALID = { outcome: 'notValid' };

async function open() {
  const opened = await temporaryStore();
  const { store, clock } = opened;
  await addPlainMembers(store, 4);
  const key = new Uint8Array(32).fill(3);
  const desk = new CodeDesk({ store, clock, random: systemRandom, key });
  const run = store.transaction.bind(store);
  return {
    ...opened,
    desk,
    anotherNode: () => new CodeDesk({ store, clock, random: systemRandom, key }),
    over: (other: Pick<typeof store, 'read' | 'transaction'>) =>
      new CodeDesk({ store: other, clock, random: systemRandom, key }),
    now: () => clock.now(),
    active: (changes: Partial<CreateCoupon> = {}) => activeCoupon(run, clock.now(), { byCodeOnly: true, ...changes }),
    make: async (couponId: CouponId, count: number) =>
      (await store.transaction((tx) => desk.make(tx, { couponId, count }))).codes,
    one: async (couponId: CouponId) => {
      const { codes } = await store.transaction((tx) => desk.make(tx, { couponId, count: 1 }));
      const [code] = codes;
      return code ?? '';
    },
    claim: (member: number, code: string) => desk.claim(ordinal(member), code),
    move: (id: CouponId, move: 'pause' | 'activate' | 'end') =>
      store.transaction((tx) => moveCoupon(tx, clock.now(), { id, move })),
    granted: async (id: CouponId) => (await store.read((tx) => tx.coupons.find(id)))?.counts.granted,
  };
}

describe('codes', () => {
  let test: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    test = await open();
  });
  afterEach(() => test.remove());

  it('are the only way to a coupon that is had by codes', async () => {
    const { id } = await test.active();
    const claim = { couponId: id, ordinal: ordinal(1), request: undefined };
    const [answer] = await test.store.transaction((tx) => claimCoupons(tx, test.now, [claim]));
    expect(answer).toMatchObject({ outcome: 'notClaimable', grant: undefined });
    const code = await test.one(id);
    expect(await test.claim(1, code)).toMatchObject({ outcome: 'granted', grant: { couponId: id, ordinal: 1, n: 1 } });
    const journal = await test.store.read((tx) => tx.grants.journalAfter(id, { after: 0, limit: 9 }));
    expect(journal).toMatchObject([{ move: 'granted', actor: 'code', ordinal: 1, n: 1 }]);
    expect((await reportAudit(auditOf(test))).differences).toEqual([]);
  });

  it('are as many as were asked for, all different, and nowhere in the store', async () => {
    const { id } = await test.active();
    const codes = await test.make(id, 2_500);
    expect(new Set(codes).size).toBe(2_500);
    const kept = await test.kept();
    expect(codes.slice(0, 50).filter((code) => kept.includes(code) || kept.includes(code.replaceAll('-', '')))).toEqual(
      [],
    );
    const ask = (count: number) => test.make(id, count);
    for (const count of [0, -1, 1.5, MAX_CODES_AT_ONCE + 1]) {
      await expect(ask(count)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('give one grant each, the same to the same member, and nothing to others', async () => {
    const { id } = await test.active({ limitPerMember: 2 });
    const code = await test.one(id);
    const answers = await Promise.all([1, 1, 2, 3].map((member) => test.claim(member, code)));
    const winner = answers.findIndex(({ outcome }) => outcome === 'granted');
    const isWinner = (index: number) => [1, 1, 2, 3][index] === [1, 1, 2, 3][winner];
    answers.forEach((answer, index) => {
      if (isWinner(index)) expect(answer.grant).toMatchObject({ n: 1, ordinal: [1, 1, 2, 3][winner] });
      else expect(answer).toEqual(NOT_VALID);
    });
    expect(await test.granted(id)).toBe(1);
    const member = [1, 1, 2, 3][winner] ?? 0;
    await test.move(id, 'end');
    expect(await test.claim(member, code.toLowerCase().replaceAll('-', ' '))).toMatchObject({
      outcome: 'granted',
      grant: { n: 1 },
    });
    expect(await test.granted(id)).toBe(1);
  });

  it('of one moment share a transaction; of two who have the same code one gets it', async () => {
    const [first, second] = [await test.active(), await test.active({ limitPerMember: 2 })];
    const codes = [await test.one(second.id), await test.one(first.id), await test.one(second.id)];
    const [shared = '', other = '', third = ''] = codes;
    let transactions = 0;
    const transaction: typeof test.store.transaction = (...all) => {
      transactions++;
      return test.store.transaction(...all);
    };
    const counting = { read: test.store.read.bind(test.store), transaction };
    const desk = test.over(counting);
    const asked = [
      [1, shared],
      [2, shared],
      [1, shared],
      [3, other],
      [1, third],
      [4, WRONG],
    ] as const;
    const answers = await Promise.all(asked.map(([member, code]) => desk.claim(ordinal(member), code)));
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      'granted',
      'notValid',
      'granted',
      'granted',
      'granted',
      'notValid',
    ]);
    expect(answers[2]).toEqual(answers[0]);
    expect(transactions).toBe(1);
    expect(await test.granted(first.id)).toBe(1);
    expect(await test.granted(second.id)).toBe(2);
    expect(new Map(desk.claimFigures())).toEqual(
      new Map([
        ['granted', 4],
        ['notValid', 2],
      ]),
    );
    expect((await reportAudit(auditOf(test))).differences).toEqual([]);
  });

  it('are voided by the moment at which they were made, but for those that were used', async () => {
    const { id } = await test.active({ limitPerMember: 2 });
    const { id: other } = await test.active();
    const lost = await test.make(id, 3);
    const [used = '', first = ''] = lost;
    const elsewhere = await test.one(other);
    const madeAt = test.now();
    test.clock.advance(1);
    const [kept = ''] = await test.make(id, 1);
    expect(await test.claim(1, used)).toMatchObject({ outcome: 'granted' });
    const makings = (of: CouponId) => test.store.read((tx) => listMakings(tx, of));
    expect(await makings(id)).toEqual([
      { madeAt: addMs(madeAt, 1), codes: 1, used: 0 },
      { madeAt, codes: 3, used: 1 },
    ]);
    const voided = () => test.store.transaction((tx) => voidCodes(tx, { couponId: id, madeAt }));
    expect(await voided()).toEqual({ voided: 2, used: 1 });
    expect(await voided()).toEqual({ voided: 0, used: 1 });
    expect((await makings(id))[1]).toEqual({ madeAt, codes: 1, used: 1 });
    expect(await test.claim(2, first)).toEqual(NOT_VALID);
    expect(await test.claim(1, used)).toMatchObject({ outcome: 'granted' });
    expect(await test.claim(2, kept)).toMatchObject({ outcome: 'granted' });
    expect(await test.claim(3, elsewhere)).toMatchObject({ outcome: 'granted' });
    const never = test.store.transaction((tx) => voidCodes(tx, { couponId: id, madeAt: addMs(madeAt, 5) }));
    await expect(never).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await reportAudit(auditOf(test))).differences).toEqual([]);
  });

  it('answer the same for wrong, mistyped, used, drafts, ended, recalled and coupons that are open again', async () => {
    const { id } = await test.active();
    const used = await test.one(id);
    await test.claim(1, used);
    const ended = await test.one(id);
    await test.move(id, 'end');
    const recalled = await test.active();
    const ofRecalled = await test.one(recalled.id);
    await test.store.transaction((tx) => tx.coupons.update({ ...recalled, recalledAt: test.now() }, recalled.version));
    const draft = await test.store.transaction((tx) =>
      createCoupon(tx, test.now(), couponCommand(test.now(), { byCodeOnly: true })),
    );
    const ofDraft = await test.one(draft.id);
    const closing = await test.active({ closesAt: addMs(test.now(), HOUR_MS) });
    const closed = await test.one(closing.id);
    const opened = await test.store.transaction((tx) =>
      createCoupon(tx, test.now(), couponCommand(test.now(), { byCodeOnly: true })),
    );
    const ofOpened = await test.one(opened.id);
    const changes = { byCodeOnly: false };
    await test.store.transaction((tx) => editCoupon(tx, test.now(), { id: opened.id, version: 1, changes }));
    await test.move(opened.id, 'activate');
    test.clock.advance(HOUR_MS);
    const refused = [WRONG, '0000-0000-0000-1', 'nonsense', '', used, ended, ofRecalled, ofDraft, closed, ofOpened];
    expect(refused).toHaveLength(MAX_REFUSED);
    for (const code of refused) expect([code, await test.claim(2, code)]).toEqual([code, NOT_VALID]);
  });

  it('tell their holder what stands in the way, and stay good', async () => {
    const opensAt = addMs(test.now(), HOUR_MS);
    const { id } = await test.active({ stock: 1, opensAt, closesAt: addMs(opensAt, DAY_MS) });
    const [first = '', second = '', third = ''] = await test.make(id, 3);
    expect(await test.claim(1, first)).toEqual({ outcome: 'tooEarly' });
    test.clock.advance(HOUR_MS);
    await test.move(id, 'pause');
    expect(await test.claim(1, first)).toEqual({ outcome: 'paused' });
    await test.move(id, 'activate');
    expect(await test.claim(1, first)).toMatchObject({ outcome: 'granted' });
    expect(await test.claim(1, second)).toMatchObject({ outcome: 'alreadyGranted', grant: { n: 1 } });
    expect(await test.claim(2, third)).toEqual({ outcome: 'soldOut' });
    await test.store.transaction((tx) => changeStock(tx, test.now(), { id, stock: 5 }));
    expect(await test.claim(2, third)).toMatchObject({ outcome: 'granted', grant: { ordinal: 2 } });
    expect(await test.claim(3, second)).toMatchObject({ outcome: 'granted', grant: { ordinal: 3 } });
  });

  it('are refused ten times in a window, and then not looked at, by member', async () => {
    const { id } = await test.active({ limitPerMember: 100 });
    const codes = await test.make(id, 12);
    for (const code of codes.slice(0, 11)) expect(await test.claim(1, code)).toMatchObject({ outcome: 'granted' });
    const good = codes[11] ?? '';
    const settled = await Promise.allSettled(Array.from({ length: 25 }, () => test.claim(1, WRONG)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX_REFUSED);
    test.clock.advance(WINDOW_MS - 1_500);
    await expect(test.claim(1, good)).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      values: { retryAfterSeconds: 2 },
    });
    expect(await test.granted(id)).toBe(11);
    expect(await test.anotherNode().claim(ordinal(1), WRONG)).toEqual(NOT_VALID);
    expect(await test.claim(2, WRONG)).toEqual(NOT_VALID);
    test.clock.advance(1_500);
    expect(await test.claim(1, good)).toMatchObject({ outcome: 'granted', grant: { n: 12 } });
  });

  it('are made for coupons that are had by codes and have not ended', async () => {
    const open = await test.active({ byCodeOnly: false });
    await expect(test.make(open.id, 1)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      values: { field: 'byCodeOnly' },
    });
    await expect(test.make(couponId(99), 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { id, version } = await test.active();
    const edit = test.store.transaction((tx) =>
      editCoupon(tx, test.now(), { id, version, changes: { byCodeOnly: false } }),
    );
    await expect(edit).rejects.toMatchObject({ code: 'COUPON_STATE' });
    await test.move(id, 'end');
    await expect(test.make(id, 1)).rejects.toMatchObject({ code: 'COUPON_STATE' });
    await expect(test.active({ issue: 'platform' })).rejects.toMatchObject({ values: { field: 'byCodeOnly' } });
  });
});

describe('refused attempts', () => {
  it('are kept for so many members, and those that throw do not count', async () => {
    const attempts = new RefusedAttempts({ clock: { monotonicMs: () => 0 }, maxMembers: 2 });
    const refuse = (member: number) =>
      attempts.attempt(
        ordinal(member),
        () => true,
        () => Promise.resolve('no'),
      );
    const fail = () =>
      attempts.attempt(
        ordinal(1),
        () => true,
        () => Promise.reject(new Error('away')),
      );
    for (let time = 0; time < 30; time++) await expect(fail()).rejects.toThrow('away');
    for (let time = 0; time < MAX_REFUSED; time++) await refuse(1);
    await expect(refuse(1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await refuse(2);
    await refuse(3);
    expect(await refuse(1)).toBe('no'); // forgotten
  });
});
