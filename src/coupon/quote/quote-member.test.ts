import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BASKET, LOCK_MS, lockRig, type LockRig } from '../../../test/support/lock-rig.js';
import { ordinal } from '../../core/ids.js';

describe('a quote of coupons with a budget', () => {
  let test: LockRig;
  beforeEach(async () => {
    test = await lockRig();
  });
  afterEach(() => test.remove());

  const quote = async (member: number) => {
    const { coupons, couponsNotApplied } = await test.desk.quote(BASKET, ordinal(member));
    return {
      used: coupons.map(({ offer, discountMinor }) => [offer.coupon.id, discountMinor]),
      refused: couponsNotApplied.map(({ offer, reason }) => [offer.coupon.id, reason]),
    };
  };

  it('leaves out what a lock would be refused, until the budget has room again', async () => {
    const short = await test.coupon([7, 8], { budgetMinor: 999n }); // takes 500 off
    const other = await test.coupon([8], { rule: { kind: 'directCut', cutMinor: 300n } });
    expect(await quote(8)).toEqual({ used: expect.any(Array) as unknown, refused: [] });
    await test.lock('A', short.names[0] ?? '');
    expect(await quote(8)).toEqual({ used: [[other.id, 300n]], refused: [[short.id, 'budgetSpent']] });
    await expect(test.lock('B', short.names[1] ?? '')).rejects.toMatchObject({ code: 'LOCK_REFUSED' });
    test.clock.advance(LOCK_MS);
    await test.expire();
    expect((await quote(8)).refused).toEqual([]);
  });

  it('goes by the discount that the basket gives, and takes the next best instead', async () => {
    const share = { kind: 'discount', discountBps: 5_000, maxReductionMinor: undefined } as const;
    const best = await test.coupon([7], { stacking: 'alone', budgetMinor: 9_999n, rule: share }); // 10,000 of this basket
    const next = await test.coupon([7], { stacking: 'alone', budgetMinor: 500n });
    expect(await quote(7)).toEqual({ used: [[next.id, 500n]], refused: [[best.id, 'budgetSpent']] });
  });

  it('uses one beside another that leaves its budget room, though alone it would take too much', async () => {
    const halfOf = (thresholdMinor: bigint) => ({ thresholdMinor, reductionMinor: thresholdMinor / 2n });
    const tiers = (...given: ReturnType<typeof halfOf>[]) =>
      ({ kind: 'fullReduction', isRepeating: false, tiers: given }) as const;
    const sooner = await test.coupon([7], { rule: tiers({ thresholdMinor: 20_000n, reductionMinor: 3_000n }) });
    const tiered = await test.coupon([7], { budgetMinor: 5_000n, rule: tiers(halfOf(10_000n), halfOf(20_000n)) });
    expect(await quote(7)).toEqual({
      used: [
        [sooner.id, 3_000n],
        [tiered.id, 5_000n],
      ],
      refused: [],
    });
  });
});
