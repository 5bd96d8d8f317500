import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeCoupon, couponCommand } from '../../test/support/coupon-builder.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { Store } from '../core/ports/store.js';
import { DAY_MS } from '../core/time.js';
import type { CouponTx } from './coupon-repository.js';
import { CouponShelf } from './coupon-shelf.js';
import { createCoupon } from './create-coupon.js';
import { moveCoupon } from './move-coupon.js';

describe('the shelf of coupons', () => {
  let opened: TemporaryStore;
  let shelf: CouponShelf;
  beforeEach(async () => {
    opened = await temporaryStore();
    shelf = new CouponShelf(opened);
  });
  afterEach(() => opened.remove());

  const now = () => opened.clock.now();
  const active = () => activeCoupon((body) => opened.store.transaction(body), now());
  const idsOf = async (coupons: Promise<readonly { readonly id: number }[]>) => (await coupons).map(({ id }) => id);
  const seenInside = () => idsOf(opened.store.transaction((tx) => shelf.liveIn(tx)));

  it('has what was committed, at once, though nobody told it', async () => {
    expect(await idsOf(shelf.liveNow())).toEqual([]);
    const { id: first } = await active();
    expect(await idsOf(shelf.liveNow())).toEqual([first]);
    const { id: second } = await active();
    expect(await seenInside()).toEqual([first, second]);
    expect(await idsOf(shelf.liveNow())).toEqual([first, second]);
  });

  it('reads the list once for all who ask for it at one moment, and never an older one than they know of', async () => {
    const { id: first } = await active();
    let reads = 0;
    let gate = Promise.resolve();
    const store: Store<CouponTx> = {
      transaction: (body) => opened.store.transaction(body),
      read: (body) =>
        opened.store
          .read((tx) =>
            body({
              ...tx,
              coupons: {
                ...tx.coupons,
                liveAfter: (after) => {
                  reads += 1;
                  return tx.coupons.liveAfter(after);
                },
              },
            }),
          )
          .then(async (result) => {
            await gate;
            return result;
          }),
    };
    const asked = new CouponShelf({ store, clock: opened.clock });
    const answers = await Promise.all(Array.from({ length: 50 }, () => idsOf(asked.liveNow())));
    expect(new Set(answers.map(String))).toEqual(new Set([String(first)]));
    expect(reads).toBe(1);

    const { id: second } = await active();
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const early = idsOf(asked.liveNow());
    const { id: third } = await active();
    const late = idsOf(asked.liveNow()); // its own change came after the reading that may be under way
    open();
    expect(await early).toEqual(expect.arrayContaining([first, second]));
    expect(await late).toEqual([first, second, third]);
  });

  it('shows a transaction its own coupons, and forgets them when it is rolled back', async () => {
    const { id: first } = await active();
    await shelf.liveNow();
    const undone = opened.store.transaction(async (tx) => {
      const { id } = await createCoupon(tx, now(), couponCommand(now()));
      await moveCoupon(tx, now(), { id, move: 'activate' });
      expect(await idsOf(shelf.liveIn(tx))).toEqual([first, id]);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    // Two other changes take the versions that the lost ones would have had.
    await opened.store.transaction((tx) => moveCoupon(tx, now(), { id: first, move: 'pause' }));
    await opened.store.transaction((tx) => moveCoupon(tx, now(), { id: first, move: 'activate' }));
    expect(await seenInside()).toEqual([first]);
    expect(await idsOf(shelf.liveNow())).toEqual([first]);
  });

  it('lets coupons go by the clock, 90 days after their last day', async () => {
    const { id } = await active(); // valid for 20 days
    await shelf.liveNow();
    opened.clock.advance(110 * DAY_MS - 1);
    expect(await seenInside()).toEqual([id]);
    opened.clock.advance(1);
    expect(await seenInside()).toEqual([]);
    expect(await idsOf(shelf.liveNow())).toEqual([]);
  });
});
