import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FULL_BLOCK, ordinalsOfBits } from '../../src/core/block-bits.js';
import { audienceId, couponId, issueRunId, ordinal } from '../../src/core/ids.js';
import type { Store } from '../../src/core/ports/store.js';
import { BLOCK_BITMAP_BYTES, writeBit } from '../../src/core/ranges.js';
import { addMs, epochMs } from '../../src/core/time.js';
import type { CouponTx } from '../../src/coupon/coupon-repository.js';
import type { BitsPlace, GrantBits } from '../../src/coupon/grant/grant-bits-repository.js';
import type { IssueRun } from '../../src/coupon/issue/issue-run.js';
import { aCoupon } from '../support/coupon-builder.js';

export interface BitsUnderTest {
  readonly store: Store<Pick<CouponTx, 'coupons' | 'grantBits' | 'issueRuns'>>;
  remove(): Promise<void>;
}

const NOW = epochMs(1_800_000_000_000);

const bitsOf = (offsets: readonly number[]): Uint8Array => {
  const bits = new Uint8Array(BLOCK_BITMAP_BYTES);
  for (const offset of offsets) writeBit(bits, offset, true);
  return bits;
};

const row = (coupon: number, block: number, run: number, bits: Uint8Array): GrantBits => ({
  couponId: couponId(coupon),
  block,
  runId: issueRunId(run),
  grantedAt: addMs(NOW, run),
  bits,
});

const aRun = (id: number, changes: Partial<IssueRun> = {}): IssueRun => ({
  id: issueRunId(id),
  couponId: couponId(1),
  state: 'running',
  cause: 'person',
  audienceId: undefined,
  cursorBlock: 0,
  untilBlock: 10,
  granted: 0,
  alreadyHeld: 0,
  withoutStock: 0,
  gone: 0,
  leftOver: undefined,
  createdBy: 'alice',
  createdAt: NOW,
  endedAt: undefined,
  ...changes,
});

/** What every store keeps of grants that are bits, and of the runs that give them. */
export function grantBitsConformance(name: string, open: () => Promise<BitsUnderTest>): void {
  describe(`grants as bits: ${name}`, () => {
    let underTest: BitsUnderTest;
    let store: BitsUnderTest['store'];
    beforeEach(async () => {
      underTest = await open();
      ({ store } = underTest);
      await store.transaction(async (tx) => {
        for (const id of [1, 2]) await tx.coupons.insert(aCoupon(NOW, id));
      });
    });
    afterEach(() => underTest.remove());

    const insert = (...rows: readonly GrantBits[]) => store.transaction((tx) => tx.grantBits.insert(rows));
    const members = (coupon: number, ...ordinals: readonly number[]) =>
      store.read((tx) => tx.grantBits.ofMembers(couponId(coupon), ordinals.map(ordinal)));
    const plain = (rows: readonly GrantBits[]) =>
      rows.map(({ block, runId, grantedAt, bits }) => [block, runId, grantedAt - NOW, ordinalsOfBits(block, bits)]);

    it('tell when each member was given one, by whichever run, and of no other coupon', async () => {
      await insert(row(1, 0, 1, bitsOf([0, 7])), row(1, 2, 1, FULL_BLOCK), row(2, 0, 3, bitsOf([1])));
      await insert(row(1, 0, 2, bitsOf([999])));
      const at = (run: number) => addMs(NOW, run);
      expect(await members(1, 999, 1, 0, 2_000, 2_999, 3_000)).toEqual([
        at(2),
        undefined,
        at(1),
        at(1),
        at(1),
        undefined,
      ]);
      expect(await members(2, 0, 1)).toEqual([undefined, at(3)]);
      const wallet = await store.read((tx) => tx.grantBits.ofWallet(ordinal(7), [couponId(2), couponId(1)]));
      expect(wallet).toEqual([undefined, at(1)]);
    });

    it('lose one bit at a time, once, while the journal keeps them all', async () => {
      await insert(row(1, 0, 1, bitsOf([3, 4])), row(1, 1, 1, FULL_BLOCK));
      const clear = (member: number) => store.transaction((tx) => tx.grantBits.clear(couponId(1), ordinal(member)));
      expect([await clear(4), await clear(4), await clear(5)]).toEqual([addMs(NOW, 1), undefined, undefined]);
      expect(await clear(1_500)).toBe(addMs(NOW, 1));
      expect(await members(1, 3, 4, 1_499, 1_500)).toEqual([addMs(NOW, 1), undefined, addMs(NOW, 1), undefined]);
      const journal = await store.read((tx) => tx.grantBits.journalAfter(couponId(1), { after: undefined, limit: 10 }));
      expect(plain(journal)).toEqual([
        [0, 1, 1, [3, 4]],
        [1, 1, 1, ordinalsOfBits(1, FULL_BLOCK)],
      ]);
    });

    it('are read by range of blocks, and in slices behind any place', async () => {
      const all = [
        row(1, 0, 1, bitsOf([1])),
        row(1, 0, 2, bitsOf([2])),
        row(1, 5, 1, bitsOf([3])),
        row(1, 9, 2, bitsOf([4])),
      ];
      await insert(...all, row(2, 5, 1, bitsOf([5])));
      const inBlocks = (fromBlock: number, untilBlock: number) =>
        store.read((tx) => tx.grantBits.inBlocks(couponId(1), { fromBlock, untilBlock }));
      expect(plain(await inBlocks(0, 100))).toEqual(plain(all));
      expect(plain(await inBlocks(1, 9))).toEqual(plain(all.slice(2, 3)));
      const after = (place: BitsPlace | undefined, limit: number) =>
        store.read((tx) => tx.grantBits.rowsAfter(couponId(1), { after: place, limit }));
      expect(plain(await after(undefined, 2))).toEqual(plain(all.slice(0, 2)));
      expect(plain(await after({ block: 0, runId: issueRunId(1) }, 2))).toEqual(plain(all.slice(1, 3)));
      expect(plain(await after({ block: 9, runId: issueRunId(2) }, 2))).toEqual([]);
    });

    it('refuse a second bitmap of the same block and run', async () => {
      await insert(row(1, 0, 1, bitsOf([1])));
      await expect(insert(row(1, 0, 1, bitsOf([2])))).rejects.toThrow();
      expect(await members(1, 1, 2)).toEqual([addMs(NOW, 1), undefined]);
    });

    it('come from runs, which are kept in every form and listed newest first', async () => {
      const first = aRun(1, { audienceId: audienceId(4), cause: 'close' });
      const ended = {
        ...first,
        state: 'cancelled',
        cursorBlock: 7,
        granted: 5,
        alreadyHeld: 4,
        withoutStock: 3,
      } as const;
      await store.transaction(async (tx) => {
        await tx.issueRuns.insert(first);
        await tx.issueRuns.insert(aRun(2));
        await tx.issueRuns.insert(aRun(3, { couponId: couponId(2), state: 'paused' }));
      });
      expect(await store.read((tx) => tx.issueRuns.find(issueRunId(1)))).toEqual(first);
      const whole = { ...ended, gone: 2, leftOver: 1, endedAt: addMs(NOW, 9) };
      await store.transaction((tx) => tx.issueRuns.update(whole));
      expect(await store.transaction((tx) => tx.issueRuns.lock(issueRunId(1)))).toEqual(whole);
      const listed = (beforeId: number | undefined, limit: number) =>
        store.read(async (tx) => {
          const before = beforeId === undefined ? undefined : issueRunId(beforeId);
          const runs = await tx.issueRuns.ofCoupon(couponId(1), { beforeId: before, limit });
          return runs.map(({ id }) => id);
        });
      expect([await listed(undefined, 9), await listed(2, 9), await listed(undefined, 1)]).toEqual([[2, 1], [1], [2]]);
      expect((await store.read((tx) => tx.issueRuns.inState('running'))).map(({ id }) => id)).toEqual([2]);
      expect(await store.read((tx) => tx.issueRuns.find(issueRunId(9)))).toBeUndefined();
    });

    it('mark their coupon, so that lists of coupons are read again', async () => {
      const version = () => store.read((tx) => tx.coupons.setVersion());
      const before = await version();
      await store.transaction((tx) => tx.coupons.markGivenEagerly(couponId(1)));
      expect(await version()).toBeGreaterThan(before);
      const found = await store.read((tx) => tx.coupons.find(couponId(1)));
      expect(found).toEqual({ ...aCoupon(NOW, 1), isGivenEagerly: true });
    });
  });
}
