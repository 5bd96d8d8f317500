import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { couponId, orderId, ordinal, promotionId } from '../../src/core/ids.js';
import type { Store } from '../../src/core/ports/store.js';
import { addMs, DAY_MS, epochMs } from '../../src/core/time.js';
import { NO_COUNTS, type Coupon } from '../../src/coupon/coupon.js';
import type { CouponTx } from '../../src/coupon/coupon-repository.js';
import { blankOrder, type CouponOrder, type OrderUse } from '../../src/coupon/order/coupon-order.js';
import { newGrant, type Grant, type GrantKey } from '../../src/coupon/grant/grant.js';
import { aCoupon } from '../support/coupon-builder.js';

export interface CouponsUnderTest {
  readonly store: Store<Pick<CouponTx, 'coupons' | 'grants' | 'couponOrders'>>;
  remove(): Promise<void>;
}

const NOW = epochMs(1_800_000_000_000);

const coupon = (id: number, changes: Partial<Coupon> = {}): Coupon => aCoupon(NOW, id, changes);

const key = (id: number, member: number, n = 1): GrantKey => ({ couponId: couponId(id), ordinal: ordinal(member), n });

/** What every store's coupons and grants keep. */
export function couponConformance(name: string, open: () => Promise<CouponsUnderTest>): void {
  describe(`coupon conformance: ${name}`, () => {
    let underTest: CouponsUnderTest;
    let store: CouponsUnderTest['store'];
    beforeEach(async () => {
      underTest = await open();
      ({ store } = underTest);
    });
    afterEach(() => underTest.remove());

    const insert = (...coupons: readonly Coupon[]) =>
      store.transaction(async (tx) => {
        for (const each of coupons) await tx.coupons.insert(each);
      });
    const find = (id: number) => store.read((tx) => tx.coupons.find(couponId(id)));
    const give = (...keys: readonly GrantKey[]) =>
      store.transaction((tx) => tx.grants.insert(keys.map((each) => newGrant(each, NOW, undefined))));

    it('gives back a coupon as it was put in, in every form', async () => {
      const plain = coupon(1);
      const full = coupon(2, {
        name: '双11 🧧',
        description: 'For all',
        promotionId: promotionId(9),
        issue: 'platform',
        rule: { kind: 'discount', discountBps: 2_000, maxReductionMinor: 9_999n },
        scope: { kind: 'categories', categoryIds: ['shoes', '帽子'] },
        validity: { kind: 'days', days: 7 },
        audience: { kind: 'campaign', campaignId: 4 as never },
        stacking: 'withOthers',
        afterRefund: 'expired',
        sweepAtClose: true,
        isGivenEagerly: true,
        recalledAt: addMs(NOW, 3),
        stock: 10_000,
        budgetMinor: 1_000_000_000_000_000n,
        editedAt: addMs(NOW, 1),
        endedAt: addMs(NOW, 2),
        storedState: 'ended',
      });
      await insert(plain, full);
      expect(await find(1)).toEqual({ ...plain });
      expect(await find(2)).toEqual({ ...full });
      expect(await find(3)).toBeUndefined();
      expect(await store.transaction((tx) => tx.coupons.lock(couponId(2)))).toEqual({ ...full });
    });

    it('writes an edit at its version only, and no count with it', async () => {
      await insert(coupon(1, { stock: 5 }));
      await store.transaction((tx) => tx.coupons.addCounts(couponId(1), { granted: 3, locked: 1, lockedMinor: 500n }));
      const edited = coupon(1, { version: 2, name: 'B', stock: 9, counts: { ...NO_COUNTS, granted: 77 } });
      expect(await store.transaction((tx) => tx.coupons.update(edited, 1))).toBe(true);
      expect(await store.transaction((tx) => tx.coupons.update({ ...edited, name: 'C' }, 1))).toBe(false);
      expect(await find(1)).toMatchObject({
        name: 'B',
        version: 2,
        stock: 9,
        counts: { ...NO_COUNTS, granted: 3, locked: 1, lockedMinor: 500n },
      });
    });

    it('adds up amounts to the minor unit, also where their sum is more than a double holds', async () => {
      await insert(coupon(1));
      const add = (lockedMinor: bigint, redeemedMinor: bigint) =>
        store.transaction((tx) => tx.coupons.addCounts(couponId(1), { lockedMinor, redeemedMinor }));
      const manyMinor = 2n ** 53n + 1n;
      await add(manyMinor, 0n);
      await add(manyMinor, 1n);
      expect((await find(1))?.counts).toMatchObject({ lockedMinor: 2n * manyMinor, redeemedMinor: 1n });
      await add(-manyMinor, manyMinor);
      expect((await find(1))?.counts).toMatchObject({ lockedMinor: manyMinor, redeemedMinor: manyMinor + 1n });
    });

    it('cannot hold counts beyond stock, budget or what was granted, whoever asks', async () => {
      await insert(coupon(1, { stock: 2, budgetMinor: 1_000n }));
      const add = (changes: Parameters<CouponTx['coupons']['addCounts']>[1]) =>
        store.transaction((tx) => tx.coupons.addCounts(couponId(1), changes));
      await add({ granted: 2 });
      await expect(add({ granted: 1 })).rejects.toThrow();
      await expect(add({ locked: 3 })).rejects.toThrow();
      await expect(add({ locked: -1 })).rejects.toThrow();
      await expect(add({ locked: 1, lockedMinor: 1_001n })).rejects.toThrow();
      await expect(
        store.transaction((tx) => tx.coupons.update(coupon(1, { version: 2, stock: 1 }), 1)),
      ).rejects.toThrow();
      expect(await find(1)).toMatchObject({ version: 1, stock: 2, counts: { ...NO_COUNTS, granted: 2 } });
    });

    it('raises the version of the set with each coupon made or changed, and with nothing else', async () => {
      const version = () => store.read((tx) => tx.coupons.setVersion());
      const first = await version();
      await insert(coupon(1));
      const second = await version();
      expect(second).toBeGreaterThan(first);
      await store.transaction((tx) => tx.coupons.addCounts(couponId(1), { granted: 1 }));
      await store.transaction((tx) => tx.coupons.update(coupon(1, { version: 9 }), 8));
      expect(await version()).toBe(second);
      await store.transaction((tx) => tx.coupons.update(coupon(1, { version: 2 }), 1));
      const third = await version();
      expect(third).toBeGreaterThan(second);
      const failing = store.transaction(async (tx) => {
        await tx.coupons.insert(coupon(2));
        throw new Error('undone');
      });
      await expect(failing).rejects.toThrow('undone');
      expect(await version()).toBe(third);
    });

    it('lists by state as the clock has it, by issue, newest first', async () => {
      await insert(
        coupon(1, { storedState: 'active' }),
        coupon(2, { storedState: 'active', closesAt: addMs(NOW, 5) }),
        coupon(3, { issue: 'platform' }),
        coupon(4, { storedState: 'paused' }),
      );
      const page = async (query: Partial<Parameters<CouponTx['coupons']['page']>[0]>) => {
        const all = { state: undefined, issue: undefined, now: addMs(NOW, 10), beforeId: undefined, limit: 10 };
        const coupons = await store.read((tx) => tx.coupons.page({ ...all, ...query }));
        return coupons.map(({ id }) => id);
      };
      expect(await page({})).toEqual([4, 3, 2, 1]);
      expect(await page({ state: 'active' })).toEqual([1]);
      expect(await page({ state: 'ended' })).toEqual([2]);
      expect(await page({ state: 'paused' })).toEqual([4]);
      expect(await page({ issue: 'platform' })).toEqual([3]);
      expect(await page({ beforeId: couponId(4), limit: 2 })).toEqual([3, 2]);
      expect(await store.read((tx) => tx.coupons.allIds())).toEqual([1, 2, 3, 4]);
    });

    it('knows which coupons somebody may still hold, by window and by days', async () => {
      await insert(
        coupon(1, { storedState: 'active' }), // valid for 20 days
        coupon(2, { storedState: 'ended', validity: { kind: 'days', days: 30 } }), // for 10 + 30 days
        coupon(3, { storedState: 'draft' }),
        // For 1 + 2 days, though it was to close after ten.
        coupon(4, { storedState: 'ended', endedAt: addMs(NOW, DAY_MS), validity: { kind: 'days', days: 2 } }),
      );
      const live = async (after: number) => {
        const coupons = await store.read((tx) => tx.coupons.liveAfter(addMs(NOW, after)));
        return coupons.map(({ id }) => id);
      };
      expect(await live(0)).toEqual([1, 2, 4]);
      expect(await live(3 * DAY_MS - 1)).toEqual([1, 2, 4]);
      expect(await live(3 * DAY_MS)).toEqual([1, 2]);
      expect(await live(20 * DAY_MS - 1)).toEqual([1, 2]);
      expect(await live(20 * DAY_MS)).toEqual([2]);
      expect(await live(40 * DAY_MS)).toEqual([]);
      const over = (after: number) => store.read((tx) => tx.coupons.expiredUntold(addMs(NOW, after), 10));
      expect(await over(3 * DAY_MS - 1)).toEqual([]);
      expect(await over(3 * DAY_MS)).toEqual([4]);
      expect(await over(40 * DAY_MS)).toEqual([1, 2, 4]);
      const days30 = { kind: 'days', days: 30 } as const;
      const recalled = {
        ...coupon(2, { storedState: 'ended', validity: days30 }),
        version: 2,
        recalledAt: addMs(NOW, DAY_MS),
      };
      expect(await store.transaction((tx) => tx.coupons.update(recalled, 1))).toBe(true);
      expect(await over(DAY_MS - 1)).toEqual([]);
      expect(await over(DAY_MS)).toEqual([2]);
    });

    it('keeps grants by member and number, and refuses a second one of the same name', async () => {
      await insert(coupon(1), coupon(2));
      const request = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
      await give(key(1, 7, 1), key(1, 7, 2), key(2, 7), key(1, 9_000_000_000));
      await store.transaction((tx) => tx.grants.insert([newGrant(key(1, 8), NOW, request)]));
      await expect(give(key(1, 5), key(1, 7, 2))).rejects.toThrow();
      const members = [9_000_000_000, 5, 7, 8].map(ordinal);
      const held = await store.read((tx) => tx.grants.ofMembers(couponId(1), members));
      expect(held.map((grants) => grants.map(({ n }) => n))).toEqual([[1], [], [1, 2], [1]]);
      expect(held[3]?.[0]).toEqual(newGrant(key(1, 8), NOW, request));
      expect(await store.read((tx) => tx.grants.find(key(1, 7, 2)))).toEqual(newGrant(key(1, 7, 2), NOW, undefined));
      expect(await store.read((tx) => tx.grants.find(key(1, 5)))).toBeUndefined();
      const wallet = await store.read((tx) => tx.grants.ofWallet(ordinal(7), [couponId(1), couponId(2)]));
      expect(wallet.map(({ couponId: id, n }) => [id, n])).toEqual([
        [1, 1],
        [1, 2],
        [2, 1],
      ]);
    });

    it('says of each coupon who of many members holds none, in the order asked', async () => {
      await insert(coupon(1), coupon(2), coupon(3));
      const members = Array.from({ length: 1_203 }, (_, number) => ordinal((number * 7) % 1_203));
      await give(...members.filter((each) => each % 3 !== 0).map((each) => key(1, each)), key(2, 4), key(2, 4, 2));
      const without = await store.read((tx) => tx.grants.nonHolders([1, 2, 3].map(couponId), members));
      expect(without).toEqual([
        members.filter((each) => each % 3 === 0),
        members.filter((each) => each !== 4),
        members,
      ]);
      expect(await store.read((tx) => tx.grants.nonHolders([], members))).toEqual([]);
      expect(await store.read((tx) => tx.grants.nonHolders([couponId(1)], []))).toEqual([[]]);
    });

    it('lists who holds a coupon, each once, in slices', async () => {
      await insert(coupon(1), coupon(2));
      await give(key(1, 3), key(1, 1), key(1, 2, 1), key(1, 2, 2), key(2, 4), key(1, 0));
      const holders = (after: number, limit: number) =>
        store.read((tx) => tx.grants.holdersAfter(couponId(1), { after, limit }));
      expect(await holders(-1, 10)).toEqual([0, 1, 2, 3]);
      expect(await holders(0, 2)).toEqual([1, 2]);
      expect(await holders(3, 2)).toEqual([]);
    });

    it('gives grants by member and number, behind any of them', async () => {
      await insert(coupon(1), coupon(2));
      await give(key(1, 3), key(1, 1, 2), key(1, 1, 1), key(2, 4), key(1, 0));
      const rows = async (after: [number, number] | undefined, limit: number) => {
        const place = after && { ordinal: ordinal(after[0]), n: after[1] };
        const grants = await store.read((tx) => tx.grants.rowsAfter(couponId(1), { after: place, limit }));
        return grants.map(({ ordinal: member, n }) => [member, n]);
      };
      const all = [
        [0, 1],
        [1, 1],
        [1, 2],
        [3, 1],
      ];
      expect(await rows(undefined, 10)).toEqual(all);
      expect(await rows([1, 1], 10)).toEqual(all.slice(2));
      expect(await rows([0, 1], 2)).toEqual(all.slice(1, 3));
      expect(await rows([3, 1], 10)).toEqual([]);
    });

    it('writes what an order does with grants, and gives it back', async () => {
      await insert(coupon(1));
      await give(key(1, 7, 1), key(1, 7, 2), key(1, 8));
      const use = { orderId: orderId('o-1'), amountMinor: 1_000_000_000_000_000n };
      const locked: Grant = {
        ...newGrant(key(1, 7, 2), NOW, undefined),
        state: 'locked',
        use: { ...use, lockEndsAt: addMs(NOW, 5) },
      };
      const redeemed: Grant = {
        ...newGrant(key(1, 8), NOW, undefined),
        state: 'redeemed',
        use: { ...use, lockEndsAt: undefined },
      };
      const find = (grant: GrantKey) => store.read((tx) => tx.grants.find(grant));
      await store.transaction((tx) => tx.grants.update([locked, redeemed]));
      expect([await find(locked), await find(redeemed)]).toEqual([locked, redeemed]);
      expect((await find(key(1, 7, 1)))?.state).toBe('available');
      const free: Grant = { ...locked, state: 'available', use: undefined };
      await store.transaction((tx) => tx.grants.update([free]));
      expect(await find(free)).toEqual(free);
    });

    it.each([
      ['locked by nobody', { state: 'locked', use: undefined }],
      ['locked for ever', { state: 'locked', use: { orderId: orderId('o'), amountMinor: 1n, lockEndsAt: undefined } }],
      [
        'redeemed until a time',
        { state: 'redeemed', use: { orderId: orderId('o'), amountMinor: 1n, lockEndsAt: NOW } },
      ],
      [
        'free and of an order',
        { state: 'available', use: { orderId: orderId('o'), amountMinor: 1n, lockEndsAt: undefined } },
      ],
      [
        'of less than nothing',
        { state: 'redeemed', use: { orderId: orderId('o'), amountMinor: -1n, lockEndsAt: undefined } },
      ],
    ] as const)('cannot hold a grant that is %s', async (_, changes) => {
      await insert(coupon(1));
      await give(key(1, 7));
      const grant: Grant = { ...newGrant(key(1, 7), NOW, undefined), ...changes };
      await expect(store.transaction((tx) => tx.grants.update([grant]))).rejects.toThrow();
    });

    describe('orders', () => {
      const lockOne = async (id: string): Promise<CouponOrder> => {
        const [order] = await store.transaction((tx) => tx.couponOrders.lock([orderId(id)]));
        if (order === undefined) throw new Error('no order');
        return order;
      };
      const put = (...orders: readonly CouponOrder[]) =>
        store.transaction(async (tx) => {
          await tx.couponOrders.lock(orders.map(({ orderId: id }) => id));
          await tx.couponOrders.update(orders);
        });
      const order = (id: string, changes: Partial<CouponOrder> = {}): CouponOrder => ({
        ...blankOrder(orderId(id)),
        ...changes,
      });
      const use = (id: string, member: number, coupons = 1): OrderUse => ({
        ...key(coupons, member),
        orderId: orderId(id),
        amountMinor: 5n,
      });

      it('are blank before anything is known, and come back as they were put in', async () => {
        expect(await lockOne('o-1')).toEqual(blankOrder(orderId('o-1')));
        const full = order('订单 1', {
          ordinal: ordinal(9_000_000_000),
          state: 'cancelled',
          version: Number.MAX_SAFE_INTEGER,
          wasPaid: true,
          hasVersions: true,
          request: new Uint8Array(16).fill(3),
          lockEndsAt: addMs(NOW, 1),
          forgetAt: addMs(NOW, 2),
        });
        await put(full, order('o-2', { state: 'paid', hasVersions: false }));
        expect(await store.read((tx) => tx.couponOrders.find(full.orderId))).toEqual(full);
        const both = await store.transaction((tx) =>
          tx.couponOrders.lock([orderId('o-2'), full.orderId, orderId('o-3')]),
        );
        expect(both).toEqual([order('o-2', { state: 'paid', hasVersions: false }), full, blankOrder(orderId('o-3'))]);
        expect(await store.read((tx) => tx.couponOrders.find(orderId('none')))).toBeUndefined();
      });

      it('keep what they used, each its own', async () => {
        await put(order('a'), order('b'));
        await store.transaction(async (tx) => {
          await tx.couponOrders.replaceUses(orderId('a'), [use('a', 8), use('a', 7)]);
          await tx.couponOrders.replaceUses(orderId('b'), [use('b', 7, 2)]);
        });
        const uses = (...ids: string[]) => store.read((tx) => tx.couponOrders.usesOf(ids.map(orderId)));
        expect(await uses('b', 'a', 'c')).toEqual([use('a', 7), use('a', 8), use('b', 7, 2)]);
        const released = () => store.read((tx) => tx.couponOrders.releasedUsesOf([orderId('a'), orderId('b')]));
        expect(await released()).toEqual([]);
        await store.transaction((tx) => tx.couponOrders.replaceUses(orderId('a'), [use('a', 9)]));
        expect(await uses('a')).toEqual([use('a', 9)]);
        expect(await released()).toEqual([use('a', 7), use('a', 8)]);
        const again = { ...use('a', 7), amountMinor: 6n };
        await store.transaction((tx) => tx.couponOrders.replaceUses(orderId('a'), [again]));
        expect([await uses('a'), await released()]).toEqual([[again], [use('a', 8), use('a', 9)]]);
        await store.transaction((tx) => tx.couponOrders.replaceUses(orderId('a'), []));
        expect([await uses('a'), await uses('b')]).toEqual([[], [use('b', 7, 2)]]);
        expect(await released()).toEqual([again, use('a', 8), use('a', 9)]);
      });

      it('are listed by id with those that only a use names, byte by byte and page by page', async () => {
        await put(order('b'), order('B'), order('订'));
        await store.transaction((tx) => tx.couponOrders.replaceUses(orderId('a'), [use('a', 7), use('a', 8)]));
        const ids = (after: string | undefined, limit = 10) =>
          store.read((tx) => tx.couponOrders.idsAfter(after === undefined ? undefined : orderId(after), limit));
        expect(await ids(undefined)).toEqual(['B', 'a', 'b', '订']);
        expect(await ids(undefined, 2)).toEqual(['B', 'a']);
        expect(await ids('a')).toEqual(['b', '订']);
        const all = ['a', 'b', '订'].map(orderId);
        const found = await store.read((tx) => tx.couponOrders.findAll(all));
        expect(found.map(({ orderId: id }) => id).sort()).toEqual(['b', '订']);
        expect(await store.read((tx) => tx.couponOrders.findAll([]))).toEqual([]);
      });

      it('are due when their lock ends, longest ago first, and not before', async () => {
        const at = (ms: number) => ({ lockEndsAt: addMs(NOW, ms) });
        expect(await store.read((tx) => tx.couponOrders.nextDueAt())).toBeUndefined();
        await put(order('a', at(20)), order('b', at(10)), order('c'), order('d', at(30)));
        const due = (ms: number, limit = 10) => store.read((tx) => tx.couponOrders.due(addMs(NOW, ms), limit));
        expect(await due(9)).toEqual([]);
        expect(await due(20)).toEqual(['b', 'a']);
        expect(await due(20, 1)).toEqual(['b']);
        expect(await store.read((tx) => tx.couponOrders.nextDueAt())).toBe(NOW + 10);
      });

      it('are forgotten when their time has come, and no others', async () => {
        await put(order('a', { forgetAt: NOW }), order('b', { forgetAt: addMs(NOW, 1) }), order('c'));
        expect(await store.transaction((tx) => tx.couponOrders.forget(NOW, 10))).toBe(1);
        const left = ['a', 'b', 'c'].map((id) => store.read((tx) => tx.couponOrders.find(orderId(id))));
        expect((await Promise.all(left)).map((each) => each?.orderId)).toEqual([undefined, 'b', 'c']);
      });
    });

    it('finds the locks of a coupon that are over, longest ago first, page by page', async () => {
      await give(key(1, 5), key(1, 6), key(1, 7), key(1, 7, 2), key(1, 8), key(2, 5));
      const locked = (of: GrantKey, ms: number): Grant => ({
        ...newGrant(of, NOW, undefined),
        state: 'locked',
        use: { orderId: orderId('a'), amountMinor: 5n, lockEndsAt: addMs(NOW, ms) },
      });
      const locks = [locked(key(1, 7, 2), 10), locked(key(1, 5), 20), locked(key(1, 7), 20), locked(key(1, 8), 21)];
      await store.transaction((tx) => tx.grants.update([...locks, locked(key(2, 5), 1)]));
      const found = (ms: number, after?: Grant, limit = 10) =>
        store.read((tx) => tx.grants.voidLocks(couponId(1), { now: addMs(NOW, ms), after, limit }));
      expect(await found(9)).toEqual([]);
      expect(await found(20)).toEqual(locks.slice(0, 3));
      expect(await found(20, undefined, 2)).toEqual(locks.slice(0, 2));
      expect(await found(30, locks[1])).toEqual(locks.slice(2));
    });

    it('makes no grant of a change to one that is not there', async () => {
      await give(key(1, 5));
      const changed = [key(1, 5), key(1, 6)].map((each) => ({
        ...newGrant(each, NOW, undefined),
        state: 'revoked' as const,
      }));
      await expect(store.transaction((tx) => tx.grants.update(changed))).rejects.toThrow('there');
      const rows = await store.read((tx) => tx.grants.rowsAfter(couponId(1), { after: undefined, limit: 9 }));
      expect(rows).toEqual([newGrant(key(1, 5), NOW, undefined)]);
    });

    it('keeps the journal of each coupon in the order it was written', async () => {
      await insert(coupon(1), coupon(2));
      const entry = (id: number, member: number, actor: string) =>
        ({ ...key(id, member), move: 'granted', at: NOW, actor }) as const;
      await store.transaction((tx) => tx.grants.appendJournal([entry(1, 9, 'a'), entry(2, 1, 'b'), entry(1, 3, 'c')]));
      await store.transaction((tx) => tx.grants.appendJournal([entry(1, 1, 'd')]));
      const read = (after: number, limit: number) =>
        store.read((tx) => tx.grants.journalAfter(couponId(1), { after, limit }));
      const all = await read(0, 10);
      expect(all.map(({ actor }) => actor)).toEqual(['a', 'c', 'd']);
      expect(all[1]).toMatchObject(entry(1, 3, 'c'));
      const whole = {
        ...key(2, 5),
        move: 'locked',
        at: NOW,
        actor: 'shop',
        why: 'lock',
        orderId: orderId('o-1'),
        amountMinor: 1_000_000_000_000_000n,
        lockEndsAt: addMs(NOW, 9),
      } as const;
      await store.transaction((tx) => tx.grants.appendJournal([whole]));
      const [, last] = await store.read((tx) => tx.grants.journalAfter(couponId(2), { after: 0, limit: 10 }));
      expect(last).toEqual({ ...whole, position: 2 });
      expect((await read(all[0]?.position ?? 0, 1)).map(({ actor }) => actor)).toEqual(['c']);
    });
  });
}
