import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { couponId, ordinal, promotionId } from '../../src/core/ids.js';
import type { Store } from '../../src/core/ports/store.js';
import { addMs, DAY_MS, epochMs } from '../../src/core/time.js';
import { NO_COUNTS, type Coupon } from '../../src/coupon/coupon.js';
import type { CouponTx } from '../../src/coupon/coupon-repository.js';
import { newGrant, type GrantKey } from '../../src/coupon/grant.js';
import { couponCommand } from '../support/coupon-builder.js';

export interface CouponsUnderTest {
  readonly store: Store<Pick<CouponTx, 'coupons' | 'grants'>>;
  remove(): Promise<void>;
}

const NOW = epochMs(1_800_000_000_000);

const coupon = (id: number, changes: Partial<Coupon> = {}): Coupon => ({
  ...couponCommand(NOW),
  id: couponId(id),
  version: 1,
  storedState: 'draft',
  createdAt: NOW,
  editedAt: undefined,
  endedAt: undefined,
  counts: NO_COUNTS,
  ...changes,
});

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
      );
      const live = async (after: number) => {
        const coupons = await store.read((tx) => tx.coupons.liveAfter(addMs(NOW, after)));
        return coupons.map(({ id }) => id);
      };
      expect(await live(0)).toEqual([1, 2]);
      expect(await live(20 * DAY_MS - 1)).toEqual([1, 2]);
      expect(await live(20 * DAY_MS)).toEqual([2]);
      expect(await live(40 * DAY_MS)).toEqual([]);
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
      expect((await read(all[0]?.position ?? 0, 1)).map(({ actor }) => actor)).toEqual(['c']);
    });
  });
}
