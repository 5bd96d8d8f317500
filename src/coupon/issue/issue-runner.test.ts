import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueWorld, type IssueWorld } from '../../../test/support/issue-world.js';
import { couponId } from '../../core/ids.js';
import { addMs, HOUR_MS, MINUTE_MS } from '../../core/time.js';
import { editCoupon } from '../edit-coupon.js';
import { IssueRunner, type IssueRunnerEvent } from './issue-runner.js';

describe('the loop behind issue runs', () => {
  let world: IssueWorld;
  let events: IssueRunnerEvent[];
  let runners: IssueRunner<Parameters<Parameters<IssueWorld['store']['transaction']>[0]>[0]>[];
  beforeEach(async () => {
    world = await issueWorld();
    events = [];
    runners = [];
    await world.join(...Array.from({ length: 501 }, (_, index) => index * 1_000));
  });
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.close()));
    await world.remove();
    expect(events).toEqual([]);
  });

  const begin = (mayWork?: () => Promise<boolean>) => {
    const { store, clock, desk } = world;
    const runner = new IssueRunner({
      store,
      clock,
      shelf: desk.shelf,
      mayWork,
      onEvent: (event) => events.push(event),
    });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const granted = async (id: Awaited<ReturnType<IssueWorld['active']>>['id']) => (await world.find(id)).counts.granted;
  /** Lets the loops work; their clock is moved on as well, so that they look again. */
  const eventually = (check: () => Promise<unknown>, expected: unknown) =>
    expect
      .poll(
        async () => {
          await world.clock.run(100);
          return check();
        },
        { timeout: 60_000 },
      )
      .toEqual(expected);

  it('finishes what was started before it, all coupons side by side, and what comes while it waits', async () => {
    const [first, second] = [await world.active(), await world.active()];
    const runs = [await world.start(first.id), await world.start(second.id)];
    const runner = begin();
    for (const run of runs) await eventually(async () => (await world.books(run)).state, 'completed');
    const third = await world.active();
    const last = await world.start(third.id);
    runner.wake();
    await eventually(async () => (await world.books(last)).state, 'completed');
    expect([await granted(first.id), await granted(second.id), await granted(third.id)]).toEqual([501, 501, 501]);
  });

  it('works by several at a time without giving twice, and not at all without the right', async () => {
    const { id } = await world.active();
    const run = await world.start(id);
    let isAllowed = false;
    begin(() => Promise.resolve(isAllowed));
    await world.clock.run(10_000);
    expect(await world.books(run)).toMatchObject({ state: 'running', granted: 0 });
    isAllowed = true;
    begin();
    begin();
    await eventually(async () => (await world.books(run)).state, 'completed');
    expect(await granted(id)).toBe(501);
    await world.audit();
  });

  it('gives the rest just before the close, where the coupon says so, once and at the close that it has then', async () => {
    const opensAt = world.now();
    const closesAt = addMs(opensAt, HOUR_MS);
    const swept = await world.active({ opensAt, closesAt, sweepAtClose: true });
    const other = await world.active({ opensAt, closesAt });
    await world.login(0);
    begin();
    await world.clock.run(MINUTE_MS);
    const edit = { id: swept.id, version: swept.version, changes: { closesAt: addMs(closesAt, HOUR_MS) } };
    await world.desk.change((tx) => editCoupon(tx, world.now(), edit));
    world.clock.advance(closesAt - world.now() - 5 * MINUTE_MS);
    await world.clock.run(10_000);
    expect(await granted(swept.id)).toBe(1);
    world.clock.advance(HOUR_MS);
    await eventually(() => granted(swept.id), 501);
    await world.clock.run(MINUTE_MS);
    const runs = await world.store.read((tx) => tx.issueRuns.ofCoupon(swept.id, { beforeId: undefined, limit: 10 }));
    expect(runs).toMatchObject([{ cause: 'close', state: 'completed', granted: 500, alreadyHeld: 1 }]);
    expect(await granted(other.id)).toBe(1);
  });

  it('begins no sweep beside a run that a person holds back, and goes on with it when that ends', async () => {
    const closesAt = addMs(world.now(), HOUR_MS);
    const { id } = await world.active({ opensAt: world.now(), closesAt, sweepAtClose: true });
    const run = await world.start(id);
    await world.move(run, 'pause');
    begin();
    world.clock.advance(HOUR_MS - 4 * MINUTE_MS);
    await world.clock.run(10_000);
    expect(await granted(id)).toBe(0);
    await world.move(run, 'cancel');
    await eventually(() => granted(id), 501);
  });

  it('is held up by no coupon whose audience is not fixed, and begins its sweep once it is', async () => {
    const { campaignId: id } = await world.frozen([0, 1_000]);
    await world.store.transaction((tx) => tx.campaigns.update(id, { state: 'scheduled' }));
    const window = { opensAt: world.now(), closesAt: addMs(world.now(), HOUR_MS), sweepAtClose: true };
    const early = await world.active({ ...window, audience: { kind: 'campaign', campaignId: id } });
    const [swept, given] = [await world.active(window), await world.active()];
    world.clock.advance(HOUR_MS - 4 * MINUTE_MS);
    await world.start(given.id);
    begin();
    await eventually(() => granted(given.id), 501);
    await eventually(() => granted(swept.id), 501);
    expect(await granted(early.id)).toBe(0);
    await world.store.transaction((tx) => tx.campaigns.update(id, { state: 'running' }));
    await eventually(() => granted(early.id), 2);
  });

  it('goes on with every other coupon when the sweep of one fails', async () => {
    const window = { opensAt: world.now(), closesAt: addMs(world.now(), HOUR_MS), sweepAtClose: true };
    const [broken, swept] = [await world.active(window), await world.active(window)];
    const { desk, store, clock } = world;
    const shelf = {
      liveNow: async () =>
        (await desk.shelf.liveNow()).map((each) => (each.id === broken.id ? { ...each, id: couponId(99) } : each)),
    };
    const failed: IssueRunnerEvent[] = [];
    const runner = new IssueRunner({ store, clock, shelf, onEvent: (event) => failed.push(event) });
    runners.push(runner);
    clock.advance(HOUR_MS - 4 * MINUTE_MS);
    runner.start();
    await eventually(() => granted(swept.id), 501);
    expect(failed[0]).toMatchObject({ kind: 'issue.failed', runId: undefined, error: { code: 'NOT_FOUND' } });
  });

  it('cuts off a run that a person holds back when its coupon ends', async () => {
    const [ended, other] = [await world.active({ closesAt: addMs(world.now(), HOUR_MS) }), await world.active()];
    const [run, kept] = [await world.start(ended.id), await world.start(other.id)];
    await world.move(run, 'pause');
    await world.move(kept, 'pause');
    begin();
    await world.clock.run(10_000);
    expect(await world.books(run)).toMatchObject({ state: 'paused' });
    world.clock.advance(HOUR_MS);
    await eventually(() => world.books(run), { ...(await world.books(run)), state: 'cutOff', remaining: 501 });
    expect(await world.books(kept)).toMatchObject({ state: 'paused' });
  });
});
