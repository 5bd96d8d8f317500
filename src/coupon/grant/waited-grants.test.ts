import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueWorld, type IssueWorld } from '../../../test/support/issue-world.js';
import { waitingForCoupons } from '../../../test/support/waiting-for-coupons.js';
import type { EngineTx } from '../../compose/engine-tx.js';
import { ordinal } from '../../core/ids.js';
import { addMs, MINUTE_MS } from '../../core/time.js';
import { CouponDesk } from '../claim/coupon-desk.js';
import type { Coupon } from '../coupon.js';
import type { CreateCoupon } from '../create-coupon.js';
import { issueSlice } from '../issue/issue-slice.js';

describe('who waits for a coupon until it has closed', () => {
  let world: IssueWorld;
  /** Its transactions have a coupon after a minute. */
  let waiting: ReturnType<typeof waitingForCoupons>;
  let late: CouponDesk<EngineTx>;
  beforeEach(async () => {
    world = await issueWorld();
    const { store, clock } = world;
    await world.join(1);
    waiting = waitingForCoupons({ store, clock, waitMs: MINUTE_MS });
    late = new CouponDesk({ store: waiting, clock });
  });
  afterEach(() => world.remove());

  const closingSoon = (issue: CreateCoupon['issue']): Promise<Coupon> =>
    world.active({ issue, closesAt: addMs(world.now(), MINUTE_MS) });
  const granted = async ({ id }: Coupon) => (await world.find(id)).counts.granted;

  it('claims too late', async () => {
    const coupon = await closingSoon('selfClaim');
    const [answer] = await late.claim(coupon.id, [{ ordinal: ordinal(1), request: undefined }]);
    expect(answer?.outcome).toBe('tooLate');
    expect(await granted(coupon)).toBe(0);
  });

  it('is given nothing at login', async () => {
    const coupon = await closingSoon('platform');
    await waiting.transaction((tx) => late.loggedIn(tx, [ordinal(1)]));
    expect(await granted(coupon)).toBe(0);
  });

  it('is given nothing by a run, which is cut off', async () => {
    const coupon = await closingSoon('platform');
    const run = await world.start(coupon.id);
    expect(await waiting.transaction((tx) => issueSlice(tx, world.now, run.id))).toBe('ended');
    expect(await world.books(run)).toMatchObject({ state: 'cutOff', granted: 0 });
  });
});
