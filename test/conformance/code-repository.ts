import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { couponId, ordinal } from '../../src/core/ids.js';
import type { Store } from '../../src/core/ports/store.js';
import { addMs, epochMs } from '../../src/core/time.js';
import { CODE_HASH_BYTES } from '../../src/coupon/code/code-hash.js';
import type { CouponTx } from '../../src/coupon/coupon-repository.js';
import { aCoupon } from '../support/coupon-builder.js';

export interface CodesUnderTest {
  readonly store: Store<Pick<CouponTx, 'coupons' | 'codes'>>;
  remove(): Promise<void>;
}

const NOW = epochMs(1_800_000_000_000);
const hashOf = (n: number): Uint8Array => new Uint8Array(CODE_HASH_BYTES).fill(n);
const use = (member: number, n = 1) => ({ ordinal: ordinal(member), n, usedAt: addMs(NOW, member) });

/** What every store keeps of codes. */
export function codeConformance(name: string, open: () => Promise<CodesUnderTest>): void {
  describe(`codes: ${name}`, () => {
    let underTest: CodesUnderTest;
    let store: CodesUnderTest['store'];
    beforeEach(async () => {
      underTest = await open();
      ({ store } = underTest);
      await store.transaction(async (tx) => {
        await tx.coupons.insert(aCoupon(NOW, 1, { byCodeOnly: true }));
        await tx.coupons.insert(aCoupon(NOW, 2, { storedState: 'active', recalledAt: NOW }));
      });
    });
    afterEach(() => underTest.remove());

    const insert = (coupon: number, ...codes: readonly number[]) =>
      store.transaction((tx) =>
        tx.codes.insert(codes.map((n) => ({ hash: hashOf(n), couponId: couponId(coupon), madeAt: NOW }))),
      );
    const find = (n: number) => store.read((tx) => tx.codes.find(hashOf(n)));

    it('are found by their hash, with what their coupon says', async () => {
      await insert(1, 0, 10, 255);
      await insert(2, 32);
      const { closesAt } = aCoupon(NOW, 1);
      const draft = { storedState: 'draft', closesAt, recalledAt: undefined, byCodeOnly: true };
      expect(await find(0)).toEqual({ couponId: 1, use: undefined, coupon: draft });
      expect(await find(255)).toEqual({ couponId: 1, use: undefined, coupon: draft });
      const recalled = { storedState: 'active', closesAt, recalledAt: NOW, byCodeOnly: false };
      expect(await find(32)).toEqual({ couponId: 2, use: undefined, coupon: recalled });
      expect(await find(33)).toBeUndefined();
      await store.transaction((tx) => tx.codes.insert([]));
    });

    it('are listed by when they were made, and removed by it where nobody used them', async () => {
      const at = (coupon: number, ms: number, ...codes: readonly number[]) =>
        store.transaction((tx) =>
          tx.codes.insert(codes.map((n) => ({ hash: hashOf(n), couponId: couponId(coupon), madeAt: addMs(NOW, ms) }))),
        );
      await at(1, 0, 1, 2, 3);
      await at(1, 5, 4);
      await at(2, 0, 5);
      await store.transaction((tx) => tx.codes.use(hashOf(2), use(5)));
      const makings = (limit = 9, madeAt?: number) =>
        store.read((tx) => tx.codes.makings(couponId(1), limit, madeAt === undefined ? undefined : addMs(NOW, madeAt)));
      const first = { madeAt: NOW, codes: 3, used: 1 };
      const second = { madeAt: addMs(NOW, 5), codes: 1, used: 0 };
      expect(await makings()).toEqual([second, first]);
      expect(await makings(1)).toEqual([second]);
      expect(await makings(9, 0)).toEqual([first]);
      expect(await makings(9, 1)).toEqual([]);
      expect(await store.transaction((tx) => tx.codes.removeUnused(couponId(1), NOW))).toBe(2);
      expect(await makings()).toEqual([second, { madeAt: NOW, codes: 1, used: 1 }]);
      const left = await Promise.all([1, 2, 3, 4, 5].map(async (n) => (await find(n)) !== undefined));
      expect(left).toEqual([false, true, false, true, true]);
    });

    it('are used once', async () => {
      await insert(1, 1);
      const used = (member: number) => store.transaction((tx) => tx.codes.use(hashOf(1), use(member)));
      expect([await used(5), await used(5), await used(6)]).toEqual([true, false, false]);
      expect((await find(1))?.use).toEqual(use(5));
      expect(await store.transaction((tx) => tx.codes.use(hashOf(9), use(7)))).toBe(false);
    });

    it('become a grant each, no two the same, and are listed by it', async () => {
      await insert(1, 1, 2, 3, 4, 5);
      await insert(2, 6);
      await store.transaction(async (tx) => {
        await tx.codes.use(hashOf(3), use(0));
        await tx.codes.use(hashOf(2), use(0, 2));
        await tx.codes.use(hashOf(1), use(7));
        await tx.codes.use(hashOf(6), use(0));
      });
      const after = (place: ReturnType<typeof use> | undefined, limit: number) =>
        store.read((tx) => tx.codes.usedAfter(couponId(1), { after: place, limit }));
      const key = (member: number, n: number) => ({ couponId: 1, ordinal: member, n });
      expect(await after(undefined, 9)).toEqual([key(0, 1), key(0, 2), key(7, 1)]);
      expect(await after(undefined, 1)).toEqual([key(0, 1)]);
      expect(await after(use(0), 9)).toEqual([key(0, 2), key(7, 1)]);
      expect(await after(use(7), 9)).toEqual([]);
      await expect(store.transaction((tx) => tx.codes.use(hashOf(4), use(7)))).rejects.toThrow();
      expect((await find(4))?.use).toBeUndefined();
    });

    it('are refused as a whole where one is there already', async () => {
      await insert(1, 1);
      await expect(insert(1, 2, 1)).rejects.toThrow();
      expect(await find(2)).toBeUndefined();
    });

    it('are made by the thousand', async () => {
      const hashes = Array.from({ length: 2_500 }, (_, n) => {
        const hash = new Uint8Array(CODE_HASH_BYTES);
        new DataView(hash.buffer).setUint32(0, n);
        return hash;
      });
      const codes = hashes.map((hash) => ({ hash, couponId: couponId(1), madeAt: NOW }));
      await store.transaction((tx) => tx.codes.insert(codes));
      const found = await store.read((tx) => Promise.all(hashes.slice(-3).map((hash) => tx.codes.find(hash))));
      expect(found.map((code) => code?.couponId)).toEqual([1, 1, 1]);
    });
  });
}
