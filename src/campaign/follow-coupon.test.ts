import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextOf } from '../../test/support/channel-catalogue.js';
import { activeCoupon, couponCommand } from '../../test/support/coupon-builder.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { ordinal, type CampaignId, type CouponId } from '../core/ids.js';
import { addMs, MINUTE_MS, type EpochMs } from '../core/time.js';
import { changeCounts } from '../coupon/change-counts.js';
import { claimCoupons } from '../coupon/claim/claim-coupons.js';
import type { CountChanges } from '../coupon/coupon.js';
import { createCoupon, type CreateCoupon } from '../coupon/create-coupon.js';
import { changeStock, editCoupon } from '../coupon/edit-coupon.js';
import { lockCoupon } from '../coupon/get-coupon.js';
import { moveCoupon } from '../coupon/move-coupon.js';
import { cancelCampaign, pauseCampaign, resumeCampaign } from './control-campaign.js';
import { createCampaign } from './create-campaign.js';
import { launchCampaign } from './launch-campaign.js';
import { startCampaign } from './start-campaign.js';
import { Planner } from './planner.js';

const MEMBERS = 300;

describe('a campaign that tells of a coupon', () => {
  let temporary: TemporaryStore;
  let planner: Planner<Parameters<Parameters<TemporaryStore['store']['transaction']>[0]>[0]>;
  beforeEach(async () => {
    temporary = await temporaryStore();
    const { store, clock } = temporary;
    planner = new Planner({
      store,
      clock,
      onEvent: (event) => {
        if (event.kind === 'planner.failed') throw event.error;
      },
    });
    await addMembers(store, clock, { count: MEMBERS });
  });
  afterEach(async () => {
    await planner.close();
    await temporary.remove();
  });

  const now = () => temporary.clock.now();
  const coupon = (changes: Partial<CreateCoupon> = {}) =>
    activeCoupon((body) => temporary.store.transaction(body), now(), {
      stock: 2,
      closesAt: addMs(now(), 10 * MINUTE_MS),
      ...changes,
    });
  const telling = (couponId: CouponId, deliverUntil?: EpochMs) =>
    runningCampaign(temporary.store, temporary.clock, { channels: ['sms'], couponId, deliverUntil });
  const claim = (id: CouponId, ...members: number[]) =>
    temporary.store.transaction(async (tx) => {
      const claims = members.map((each) => ({ couponId: id, ordinal: ordinal(each), request: undefined }));
      return (await claimCoupons(tx, now, claims)).map(({ outcome }) => outcome);
    });
  const stock = (id: CouponId, left: number | undefined) =>
    temporary.store.transaction((tx) => changeStock(tx, now(), { id, stock: left }));
  const count = (id: CouponId, changes: CountChanges) =>
    temporary.store.transaction(async (tx) => changeCounts(tx, await lockCoupon(tx, id), { changes, now: now() }));
  const find = (id: CampaignId) => temporary.store.read((tx) => tx.campaigns.find(id));
  const reasons = async (id: CampaignId) => (await find(id))?.pauseReasons;
  const moves = async (id: CampaignId) =>
    (await temporary.store.read((tx) => tx.campaigns.moves(id))).map(({ actor, move, detail }) =>
      [actor, move, detail].join(' '),
    );
  const by = () => ({ now: now(), actor: 'bob' });
  const ended = (id: CampaignId) => runUntil(temporary.clock, () => isCompleted(temporary.store, id));
  const sms = (id: CampaignId) => outcomes(temporary.store, id, 'sms');

  it('is held back by the very claim that takes the last one, and goes on when stock comes back', async () => {
    const { id } = await coupon();
    const told = await telling(id);
    expect(await claim(id, 1)).toEqual(['granted']);
    expect(await reasons(told)).toEqual([]);
    expect(await claim(id, 2, 3)).toEqual(['granted', 'soldOut']);
    expect(await reasons(told)).toEqual(['soldOut']);
    await stock(id, 3);
    expect(await reasons(told)).toEqual([]);
    await stock(id, 2);
    expect(await reasons(told)).toEqual(['soldOut']);
    await stock(id, undefined);
    expect((await moves(told)).slice(-4)).toEqual([
      'system paused soldOut',
      'system resumed ',
      'system paused soldOut',
      'system resumed ',
    ]);
    expect(await sms(told)).toEqual({ pending: MEMBERS });
  });

  it('sends nothing more from then on, keeps who is pending, and sends them all after', async () => {
    const { id } = await coupon();
    const told = await telling(id);
    const { store, clock } = temporary;
    const provider = new ScriptedProvider();
    const pusher = pusherOf(store, clock, { channel: 'sms', provider, pace: { membersPerSecond: 50 } });
    pusher.start();
    await runUntil(clock, () => provider.taken.length > 20);
    await claim(id, 1, 2);
    await clock.run(2_000);
    const asked = provider.taken.length;
    await clock.run(10_000);
    expect(provider.taken.length).toBe(asked);
    expect(await sms(told)).toEqual({ sent: asked, pending: MEMBERS - asked });
    await stock(id, 9);
    await ended(told);
    expect(await sms(told)).toEqual({ sent: MEMBERS });
    await pusher.stop(0);
  });

  it('goes by the budget as by the stock', async () => {
    const { id } = await coupon({ stock: 10, budgetMinor: 1_000n });
    const told = await telling(id);
    await claim(id, 1, 2);
    await count(id, { locked: 1, lockedMinor: 500n });
    expect(await reasons(told)).toEqual([]);
    await count(id, { redeemed: 1, redeemedMinor: 500n });
    expect(await reasons(told)).toEqual(['soldOut']);
    await count(id, { locked: -1, lockedMinor: -500n });
    expect(await reasons(told)).toEqual([]);
    await count(id, { locked: 1, lockedMinor: 500n });
    const { version } = await temporary.store.transaction((tx) => lockCoupon(tx, id));
    await temporary.store.transaction((tx) =>
      editCoupon(tx, now(), { id, version, changes: { budgetMinor: undefined } }),
    );
    expect(await reasons(told)).toEqual([]);
  });

  it('keeps each reason until its own cause is gone', async () => {
    const { id } = await coupon();
    const told = await telling(id);
    await temporary.store.transaction((tx) => pauseCampaign(tx, by(), told));
    await claim(id, 1, 2);
    expect(await reasons(told)).toEqual(['person', 'soldOut']);
    await temporary.store.transaction((tx) => resumeCampaign(tx, by(), told));
    expect(await reasons(told)).toEqual(['soldOut']);
    await temporary.store.transaction((tx) => pauseCampaign(tx, by(), told));
    await stock(id, 5);
    expect(await reasons(told)).toEqual(['person']);
  });

  it.each([
    { name: 'soldOut', claims: [1, 2], suppressed: 'suppressedSoldOut' },
    { name: 'couponEnded', claims: [1], suppressed: 'suppressedCouponEnded' },
  ])('suppresses who is pending at the end of the claims: $name', async ({ claims, suppressed }) => {
    const { id, closesAt } = await coupon();
    const told = await telling(id);
    expect((await find(told))?.deliverUntil).toBe(closesAt);
    await claim(id, ...claims);
    temporary.clock.advance(closesAt - now() - 1);
    planner.start();
    await temporary.clock.run(0);
    expect(await sms(told)).toEqual({ pending: MEMBERS });
    await temporary.clock.run(1);
    await ended(told);
    expect(await sms(told)).toEqual({ [suppressed]: MEMBERS });
  });

  it('is over for a person who ends the coupon, and expires by an end of its own', async () => {
    const first = await coupon();
    const told = await telling(first.id);
    const early = await telling((await coupon()).id, addMs(now(), MINUTE_MS));
    planner.start();
    await temporary.store.transaction((tx) => moveCoupon(tx, now(), { id: first.id, move: 'end' }));
    planner.wake();
    await ended(told);
    expect(await sms(told)).toEqual({ suppressedCouponEnded: MEMBERS });
    await temporary.clock.run(MINUTE_MS);
    await ended(early);
    expect(await sms(early)).toEqual({ suppressedExpired: MEMBERS });
  });

  it('tells whoever cancels it while it is sold out that this was why', async () => {
    const { id } = await coupon();
    const told = await telling(id);
    await claim(id, 1, 2);
    await temporary.store.transaction((tx) => cancelCampaign(tx, by(), told));
    await stock(id, 50); // too late for it
    planner.start();
    await runUntil(temporary.clock, async () => (await find(told))?.state === 'cancelled');
    expect(await sms(told)).toEqual({ suppressedSoldOut: MEMBERS });
  });

  it('ends with the coupon when its close is moved, unless it has an end of its own', async () => {
    const { id, closesAt, version } = await coupon();
    const told = await telling(id);
    const own = addMs(now(), 2 * MINUTE_MS);
    const early = await telling(id, own);
    const close = (at: EpochMs, seen: number) =>
      temporary.store.transaction((tx) => editCoupon(tx, now(), { id, version: seen, changes: { closesAt: at } }));
    await close(addMs(closesAt, MINUTE_MS), version);
    expect([(await find(told))?.deliverUntil, (await find(early))?.deliverUntil]).toEqual([
      addMs(closesAt, MINUTE_MS),
      own,
    ]);
    await close(addMs(now(), MINUTE_MS), version + 1);
    const moved = addMs(now(), MINUTE_MS);
    expect([(await find(told))?.deliverUntil, (await find(early))?.deliverUntil]).toEqual([moved, moved]);
  });

  it('keeps an end of its own while the close of the coupon is moved before it and back', async () => {
    const { id, closesAt, version } = await coupon();
    const own = addMs(now(), 2 * MINUTE_MS);
    const told = await telling(id, own);
    const before = addMs(now(), MINUTE_MS);
    const ends: unknown[] = [];
    for (const [index, at] of [before, closesAt].entries()) {
      await temporary.store.transaction((tx) =>
        editCoupon(tx, now(), { id, version: version + index, changes: { closesAt: at } }),
      );
      ends.push((await find(told))?.deliverUntil);
    }
    expect(ends).toEqual([before, own]);
  });

  it('starts held back when the coupon is sold out at its launch, and is not launched for one that is not given', async () => {
    const { id } = await coupon({ stock: 1 });
    await claim(id, 1);
    const told = await telling(id);
    expect(await reasons(told)).toEqual(['soldOut']);
    expect((await find(told))?.state).toBe('running');
    const draft = await temporary.store.transaction((tx) => createCoupon(tx, now(), couponCommand(now())));
    await expect(telling(draft.id)).rejects.toMatchObject({ code: 'COUPON_STATE', values: { state: 'draft' } });
    await temporary.store.transaction((tx) => moveCoupon(tx, now(), { id: draft.id, move: 'end' }));
    await expect(telling(draft.id)).rejects.toMatchObject({ code: 'COUPON_STATE', values: { state: 'ended' } });
    const late = addMs((await coupon()).closesAt, 1);
    await expect(telling(id, late)).rejects.toMatchObject({ code: 'INVALID_INPUT', values: { field: 'deliverUntil' } });
    await expect(telling(99 as CouponId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is held back whichever comes first, its launch or the claim that takes the last one', async () => {
    for (let round = 0; round < 8; round++) {
      const { id } = await coupon({ stock: 1 });
      const launch = temporary.store.transaction((tx) =>
        startCampaign(tx, contextOf(temporary.clock), {
          name: 'Claim it',
          couponId: id,
          audience: { definition: { kind: 'everybody' }, buckets: [] },
          channels: [{ channel: 'sms', message: { body: 'Hello' } }],
        }),
      );
      const both = round % 2 === 0 ? [launch, claim(id, round)] : [claim(id, round), launch];
      await Promise.all(both);
      expect(await reasons((await launch).campaignId)).toEqual(['soldOut']);
    }
  });

  it('is put right by the sweep when a commit has missed it, both ways', async () => {
    const { id } = await coupon();
    const told = await telling(id);
    planner.start();
    await temporary.store.transaction((tx) => tx.coupons.addCounts(id, { granted: 2 }));
    await runUntil(temporary.clock, async () => (await reasons(told))?.includes('soldOut') === true);
    await temporary.query('UPDATE coupon_stock SET stock = 9');
    await runUntil(temporary.clock, async () => (await reasons(told))?.length === 0);
  });

  it('says of the coupon what it was at the launch', async () => {
    const { id } = await coupon({ name: '满减券' });
    const made = await temporary.store.transaction(async (tx) => {
      const context = contextOf(temporary.clock);
      const body = '{{coupon.name}} {{coupon.offer}} {{coupon.opensAt}} {{coupon.closesAt}} {{coupon.id}}';
      const { campaignId } = await createCampaign(tx, context, {
        name: 'Claim it',
        couponId: id,
        audience: { definition: { kind: 'everybody' }, buckets: [] },
        channels: [{ channel: 'sms', message: { body } }],
      });
      return launchCampaign(tx, context, { campaignId, basis: { kind: 'unattended' } });
    });
    expect(made.commonFields).toMatchObject({
      'coupon.id': String(id),
      'coupon.name': '满减券',
      'coupon.offer': '¥5 off',
    });
    await expect(
      temporary.store.transaction((tx) =>
        createCampaign(tx, contextOf(temporary.clock), {
          name: 'Of none',
          audience: { definition: { kind: 'everybody' }, buckets: [] },
          channels: [{ channel: 'sms', message: { body: '{{coupon.name}}' } }],
        }),
      ),
    ).rejects.toMatchObject({ code: 'INVALID_TEMPLATE' });
  });
});
