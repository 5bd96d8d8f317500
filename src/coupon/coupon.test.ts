import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeCoupon, couponCommand, type RunChange } from '../../test/support/coupon-builder.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { campaignId, couponId, promotionId, type CouponId } from '../core/ids.js';
import { addMs, DAY_MS, HOUR_MS } from '../core/time.js';
import { couponState, NO_COUNTS } from './coupon.js';
import { createCoupon, type CreateCoupon } from './create-coupon.js';
import { changeStock, editCoupon, type CouponChanges } from './edit-coupon.js';
import { getCoupon } from './get-coupon.js';
import { moveCoupon, type CouponMove } from './move-coupon.js';

describe('coupons', () => {
  let opened: TemporaryStore;
  beforeEach(async () => {
    opened = await temporaryStore();
  });
  afterEach(() => opened.remove());

  const now = () => opened.clock.now();
  const run: RunChange = (body) => opened.store.transaction(body);
  const create = (changes: Partial<CreateCoupon> = {}) =>
    opened.store.transaction((tx) => createCoupon(tx, now(), couponCommand(now(), changes)));
  const move = (id: CouponId, each: CouponMove) =>
    opened.store.transaction((tx) => moveCoupon(tx, now(), { id, move: each }));
  const edit = (id: CouponId, version: number, changes: CouponChanges) =>
    opened.store.transaction((tx) => editCoupon(tx, now(), { id, version, changes }));
  const stock = (id: CouponId, value: number | undefined) =>
    opened.store.transaction((tx) => changeStock(tx, now(), { id, stock: value }));
  const get = (id: CouponId) => opened.store.read((tx) => getCoupon(tx, id));
  const grant = (id: CouponId, count: number) =>
    opened.store.transaction((tx) => tx.coupons.addCounts(id, { granted: count }));

  it('go from draft to active, to paused and back, and end', async () => {
    const { id, storedState, version } = await create();
    expect([storedState, version]).toEqual(['draft', 1]);
    await expect(move(id, 'pause')).rejects.toMatchObject({ code: 'COUPON_STATE', values: { state: 'draft' } });
    for (const [each, state] of [
      ['activate', 'active'],
      ['pause', 'paused'],
      ['activate', 'active'],
      ['end', 'ended'],
    ] as const) {
      expect(couponState(await move(id, each), now())).toBe(state);
    }
    expect(await get(id)).toMatchObject({ version: 5, endedAt: now() });
    await expect(move(id, 'activate')).rejects.toMatchObject({ code: 'COUPON_STATE' });
  });

  it('change nothing and announce nothing when a move is repeated', async () => {
    const { id } = await create();
    const first = await move(id, 'activate');
    expect(await move(id, 'activate')).toEqual(first);
    await move(id, 'end');
    const ended = await move(id, 'end');
    expect(ended.version).toBe(3);
  });

  it('end by the clock when they close, without a write', async () => {
    const coupon = await activeCoupon(run, now(), { closesAt: addMs(now(), HOUR_MS) });
    opened.clock.advance(HOUR_MS - 1);
    expect(couponState(await get(coupon.id), now())).toBe('active');
    opened.clock.advance(1);
    expect(couponState(await get(coupon.id), now())).toBe('ended');
    expect((await get(coupon.id)).version).toBe(coupon.version);
    await expect(stock(coupon.id, 5)).rejects.toMatchObject({ code: 'COUPON_STATE' });
  });

  it('keep every count through edits, whatever the edit says', async () => {
    const { id } = await activeCoupon(run, now(), { stock: 10 });
    await grant(id, 4);
    const counts = { granted: 0, locked: 0, redeemed: 9, forfeited: 0, revoked: 0 };
    await edit(id, 2, { name: 'B', ...({ counts } as object) }).catch(() => undefined);
    await edit(id, (await get(id)).version, { closesAt: addMs(now(), 15 * DAY_MS), budgetMinor: 100n });
    expect((await get(id)).counts).toEqual({ ...NO_COUNTS, granted: 4 });
  });

  it('let everything change in a draft, and later only what takes nothing from holders', async () => {
    const { id } = await create();
    await edit(id, 1, { rule: { kind: 'directCut', cutMinor: 900n }, limitPerMember: 3 });
    await move(id, 'activate');
    await expect(edit(id, 3, { rule: { kind: 'directCut', cutMinor: 1n } })).rejects.toMatchObject({
      code: 'COUPON_STATE',
      values: { fields: ['rule'] },
    });
    await edit(id, 3, { name: 'Better name', description: 'x' });
    await expect(edit(id, 3, { name: 'late' })).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await get(id)).toMatchObject({ version: 4, name: 'Better name', limitPerMember: 3 });
  });

  it('take more or less stock, never less than was granted, and none at all as no limit', async () => {
    const { id } = await activeCoupon(run, now(), { stock: 10 });
    await grant(id, 4);
    await expect(stock(id, 3)).rejects.toMatchObject({ code: 'STOCK_BELOW_GRANTED', values: { granted: 4 } });
    expect((await stock(id, 4)).stock).toBe(4);
    expect((await stock(id, 4)).version).toBe(3); // nothing changed
    expect((await stock(id, undefined)).stock).toBeUndefined();
    expect((await stock(id, 1_000)).stock).toBe(1_000);
    await expect(stock(id, 1.5)).rejects.toMatchObject({ code: 'INVALID_INPUT', values: { field: 'stock' } });
  });

  it.each<[string, Partial<CreateCoupon>]>([
    ['closesAt', { closesAt: 1 as never }],
    ['validity.days', { validity: { kind: 'days', days: 0 } }],
    ['validity.endsAt', { validity: { kind: 'window', startsAt: 0 as never, endsAt: 1 as never } }],
    ['limitPerMember', { limitPerMember: 101 }],
    ['limitPerMember', { issue: 'platform', limitPerMember: 2 }],
    ['stock', { stock: -1 }],
    ['budgetMinor', { budgetMinor: 0n }],
    ['rule.cutMinor', { rule: { kind: 'directCut', cutMinor: 0n } }],
    ['name', { name: ' ' }],
  ])('are refused with a wrong %s', async (field, changes) => {
    await expect(create(changes)).rejects.toMatchObject({ code: 'INVALID_INPUT', values: { field } });
  });

  it('are refused when they name a promotion or a campaign that does not exist', async () => {
    await expect(create({ promotionId: promotionId(9) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(create({ audience: { kind: 'campaign', campaignId: campaignId(9) } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(move(couponId(9), 'end')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
