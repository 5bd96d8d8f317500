import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { issueWorld, type IssueWorld } from '../../../test/support/issue-world.js';
import { removeMembers } from '../../../test/support/members.js';
import { campaignId, couponId, issueRunId, ordinal } from '../../core/ids.js';
import { addMs, DAY_MS, HOUR_MS } from '../../core/time.js';
import { fetchToMove, findGrant } from '../grant/held-grants.js';
import { moveIssueRun } from './issue-runs.js';

describe('a coupon given to many at once', () => {
  let world: IssueWorld;
  beforeEach(async () => {
    world = await issueWorld();
  });
  afterEach(() => world.remove());

  it('comes to everybody who exists, once, with books that add up', async () => {
    const members = [0, 5, 999, 1_000, 3_500];
    await world.join(...members, 7);
    await removeMembers(world.store, [7]);
    const { id } = await world.active();
    const run = await world.start(id);
    expect(await world.books(run)).toMatchObject({ state: 'running', targeted: 5, remaining: 5, granted: 0 });
    expect(await world.finish(run)).toBe('ended');
    expect(await world.books(run)).toEqual({
      state: 'completed',
      targeted: 5,
      granted: 5,
      alreadyHeld: 0,
      withoutStock: 0,
      remaining: 0,
    });
    expect(await world.holders(id, [...members, 7])).toEqual(members);
    expect((await world.find(id)).counts.granted).toBe(5);
    await world.audit();
  });

  it('goes over more blocks than one slice has, and can be told how far it is between any two', async () => {
    const members = Array.from({ length: 501 }, (_, index) => index * 1_000 + (index % 7));
    await world.join(...members);
    const { id } = await world.active();
    const run = await world.start(id);
    expect(await world.slice(run)).toBe('more');
    expect(await world.books(run)).toMatchObject({ targeted: 501, granted: 500, remaining: 1, state: 'running' });
    expect(await world.slice(run)).toBe('ended');
    expect(await world.books(run)).toMatchObject({ targeted: 501, granted: 501, remaining: 0, state: 'completed' });
    await world.audit();
  });

  it('leaves out who has it from a login, and a login after it brings no second', async () => {
    await world.join(1, 2, 1_003);
    const { id } = await world.active();
    await world.login(2);
    const run = await world.start(id);
    await world.finish(run);
    expect(await world.books(run)).toMatchObject({ targeted: 3, granted: 2, alreadyHeld: 1 });
    await world.login(1, 2, 1_003);
    expect(await world.holders(id, [1, 2, 1_003])).toEqual([1, 2, 1_003]);
    expect((await world.find(id)).counts.granted).toBe(3);
    await world.audit();
  });

  it('comes at login to who joins later, and from a second run', async () => {
    await world.join(1);
    const { id } = await world.active();
    await world.finish(await world.start(id));
    await world.join(2, 3);
    await world.login(2);
    expect(await world.holders(id, [1, 2, 3])).toEqual([1, 2]);
    const second = await world.start(id);
    await world.finish(second);
    expect(await world.books(second)).toMatchObject({ targeted: 3, granted: 1, alreadyHeld: 2 });
    expect(await world.holders(id, [1, 2, 3])).toEqual([1, 2, 3]);
    await world.audit();
  });

  it('ends with its stock: the first in order have it, and it is said once that it is sold out', async () => {
    await world.join(3, 9, 1_001, 1_002, 2_000);
    const { id } = await world.active({ stock: 4 });
    await world.login(1_002);
    const run = await world.start(id);
    await world.finish(run);
    expect(await world.books(run)).toMatchObject({ targeted: 5, granted: 3, alreadyHeld: 1, withoutStock: 1 });
    expect(await world.holders(id, [3, 9, 1_001, 1_002, 2_000])).toEqual([3, 9, 1_001, 1_002]);
    await world.login(2_000);
    expect((await world.find(id)).counts.granted).toBe(4);
    await world.stock(id, 5);
    await world.login(2_000);
    expect(await world.holders(id, [2_000])).toEqual([2_000]);
    await world.audit();
  });

  it('comes to its frozen audience only, and not to who was erased since', async () => {
    const chosen = Array.from({ length: 1_100 }, (_, index) => index * 101);
    await world.join(...chosen, 50);
    const { campaignId: id } = await world.frozen(chosen);
    await removeMembers(world.store, [101, 1_010]);
    const coupon = await world.active({ audience: { kind: 'campaign', campaignId: id } });
    const run = await world.start(coupon.id);
    expect(await world.books(run)).toMatchObject({ targeted: 1_100 });
    expect(await world.slice(run)).toBe('more');
    expect(await world.finish(run)).toBe('ended');
    expect(await world.books(run)).toMatchObject({ targeted: 1_098, granted: 1_098, remaining: 0, state: 'completed' });
    expect(await world.holders(coupon.id, [0, 50, 101, 202])).toEqual([0, 202]);
    await world.audit();
  });

  it('can be held back, go on, and be given up; who is left gets it at login', async () => {
    const members = Array.from({ length: 501 }, (_, index) => index * 1_000);
    await world.join(...members);
    const { id } = await world.active();
    const run = await world.start(id);
    await world.move(run, 'pause');
    expect(await world.slice(run)).toBe('ended');
    expect(await world.books(run)).toMatchObject({ state: 'paused', granted: 0, remaining: 501 });
    await world.move(run, 'resume');
    expect(await world.slice(run)).toBe('more');
    const cancelled = await world.move(run, 'cancel');
    expect(await world.move(run, 'cancel')).toEqual(cancelled);
    expect(await world.slice(run)).toBe('ended');
    await world.join(501_000);
    expect(await world.books(run)).toMatchObject({ state: 'cancelled', targeted: 501, granted: 500, remaining: 1 });
    await expect(world.move(run, 'resume')).rejects.toMatchObject({ code: 'ISSUE_RUN_STATE' });
    await world.login(500_000);
    expect(await world.holders(id, [0, 500_000])).toEqual([0, 500_000]);
    await world.audit();
  });

  it('waits until its coupon opens and while that is paused, and is cut off when that ends', async () => {
    await world.join(1);
    const opensAt = addMs(world.now(), HOUR_MS);
    const { id } = await world.active({ opensAt, closesAt: addMs(opensAt, HOUR_MS) });
    const run = await world.start(id);
    expect(await world.slice(run)).toBe('waiting');
    world.clock.advance(HOUR_MS);
    await world.moveCoupon(id, 'pause');
    expect(await world.slice(run)).toBe('waiting');
    await world.moveCoupon(id, 'activate');
    world.clock.advance(HOUR_MS);
    expect(await world.slice(run)).toBe('ended');
    expect(await world.books(run)).toMatchObject({ state: 'cutOff', granted: 0, remaining: 1 });
  });

  it('is refused for what members claim, drafts, ended coupons, and while another run goes on', async () => {
    const claimed = await world.active({ issue: 'selfClaim' });
    await expect(world.start(claimed.id)).rejects.toMatchObject({
      code: 'COUPON_STATE',
      values: { issue: 'selfClaim' },
    });
    const { id } = await world.active();
    const run = await world.start(id);
    await expect(world.start(id)).rejects.toMatchObject({ code: 'ISSUE_RUN_STATE', values: { runId: run.id } });
    await world.move(run, 'pause');
    await expect(world.start(id)).rejects.toMatchObject({ code: 'ISSUE_RUN_STATE' });
    await world.move(run, 'cancel');
    await world.moveCoupon(id, 'end');
    await expect(world.start(id)).rejects.toMatchObject({ code: 'COUPON_STATE', values: { state: 'ended' } });
    await expect(world.start(couponId(99))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const other = { couponId: couponId(99), id: run.id, move: 'pause' } as const;
    const moving = world.store.transaction((tx) => moveIssueRun(tx, world.now(), other));
    await expect(moving).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const unfrozen = await world.active({ audience: { kind: 'campaign', campaignId: await unfrozenCampaign() } });
    await expect(world.start(unfrozen.id)).rejects.toMatchObject({ code: 'ISSUE_RUN_STATE' });
  });

  const unfrozenCampaign = async () => {
    const { campaignId: frozen, audienceId } = await world.frozen([1]);
    await world.query('UPDATE audience SET frozen_at = NULL WHERE audience_id = ?', [audienceId]);
    return campaignId(frozen);
  };

  it('is in the wallet with the instant of its slice, and becomes a row when it first moves', async () => {
    await world.join(4);
    const { id } = await world.active({ validity: { kind: 'days', days: 7 } });
    const run = await world.start(id);
    world.clock.advance(2 * DAY_MS); // held back meanwhile, say: seven days begin when she gets it
    const grantedAt = world.now();
    await world.finish(run);
    const wallet = async () => {
      const items = await world.desk.wallet({ ordinal: ordinal(4), state: undefined, after: undefined, limit: 10 });
      return items.map(({ grant, state }) => [grant.n, grant.grantedAt, state]);
    };
    expect(await wallet()).toEqual([[1, grantedAt, 'available']]);
    const key = { couponId: id, ordinal: ordinal(4), n: 1 };
    const shown = await world.store.read((tx) => findGrant(tx, key));
    const take = () => world.store.transaction((tx) => fetchToMove(tx, id, [key, { ...key, ordinal: ordinal(5) }]));
    const taken = await take();
    expect([...taken]).toEqual([[`${id}-4-1`, shown]]);
    expect(await take()).toEqual(taken);
    expect(await world.store.read((tx) => tx.grantBits.ofMembers(id, [ordinal(4)]))).toEqual([undefined]);
    expect(await world.store.read((tx) => tx.grants.find(key))).toEqual(shown);
    expect(await wallet()).toEqual([[1, grantedAt, 'available']]);
    await world.audit();
  });

  it('is in a wallet that was opened before its run began', async () => {
    await world.join(4);
    const { id } = await world.active();
    const before = await world.desk.shelf.liveNow();
    await world.finish(await world.start(id));
    vi.spyOn(world.desk.shelf, 'liveNow').mockResolvedValueOnce(before);
    const items = await world.desk.wallet({ ordinal: ordinal(4), state: undefined, after: undefined, limit: 10 });
    expect(items.map(({ grant }) => grant.couponId)).toEqual([id]);
  });

  it('counts nobody twice where more hold it already than one slice looks at', async () => {
    const members = Array.from({ length: 3_000 }, (_, index) => index * 5);
    await world.join(...members);
    const { id } = await world.active();
    await world.login(...members.slice(0, 2_500));
    const run = await world.start(id);
    await world.finish(run);
    expect(await world.books(run)).toMatchObject({ targeted: 3_000, granted: 500, alreadyHeld: 2_500, remaining: 0 });
    expect(issueRunId(run.id)).toBe(run.id);
    await world.audit();
  });
});
