import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { couponCommand } from '../../../test/support/coupon-builder.js';
import { issueWorld, type IssueWorld } from '../../../test/support/issue-world.js';
import { orderId, ordinal, type CouponId } from '../../core/ids.js';
import { addMs, DAY_MS, HOUR_MS } from '../../core/time.js';
import { revokedCount } from '../coupon.js';
import { createCoupon } from '../create-coupon.js';
import { GrantBook } from '../grant/grant-book.js';
import type { GrantSignal } from '../grant/grant-moves.js';

const ORDER = orderId('o-1');
const AMOUNT = { orderId: ORDER, amountMinor: 500n };

describe('a recall', () => {
  let world: IssueWorld;
  beforeEach(async () => {
    world = await issueWorld();
    await world.join(1, 2, 3, 4, 5);
  });
  afterEach(() => world.remove());

  const signal = (id: CouponId, member: number, ...signals: readonly GrantSignal[]) =>
    world.store.transaction(async (tx) => {
      const key = { couponId: id, ordinal: ordinal(member), n: 1 };
      const book = await GrantBook.open(tx, world.now(), [key]);
      const obstacles = signals.map((each) => book.apply(key, each, 'test'));
      await book.close();
      return obstacles;
    });
  const lock = (): GrantSignal => ({ kind: 'lock', ...AMOUNT, lockEndsAt: addMs(world.now(), HOUR_MS) });
  const pay = { kind: 'pay', ...AMOUNT } as const;
  const wallet = async (member: number) => {
    const query = { state: undefined, after: undefined, limit: 10 };
    return (await world.desk.wallet({ ordinal: ordinal(member), ...query })).map(({ state }) => state);
  };
  const states = async () => (await Promise.all([1, 2, 3, 4, 5].map(wallet))).map(([state]) => state);

  it('takes back what is neither redeemed nor with an order, whether rows or bits, and counts it', async () => {
    const { id } = await world.active({ validity: { kind: 'days', days: 7 } });
    await world.login(5);
    await world.finish(await world.start(id));
    await signal(id, 1, lock());
    await signal(id, 2, lock(), pay);
    await signal(id, 3, lock());
    const recalled = await world.recall(id);
    expect([recalled.storedState, revokedCount(recalled)]).toEqual(['ended', 2]);
    expect(await states()).toEqual(['locked', 'redeemed', 'locked', 'revoked', 'revoked']);
    expect(await signal(id, 1, pay)).toEqual([undefined]);
    await signal(id, 3, { kind: 'release', orderId: ORDER, why: 'cancelled' });
    expect(await states()).toEqual(['redeemed', 'redeemed', 'revoked', 'revoked', 'revoked']);
    expect(revokedCount(await world.find(id))).toBe(3);
    await signal(id, 2, { kind: 'return', orderId: ORDER, why: 'refunded' });
    expect((await states())[1]).toBe('revoked');
    await world.audit();
  });

  it('leaves nothing to lock, nor to pay for when the lock has ended', async () => {
    const { id } = await world.active({ validity: { kind: 'days', days: 7 } });
    await world.finish(await world.start(id));
    await signal(id, 1, lock());
    await world.recall(id);
    expect(await signal(id, 2, lock())).toEqual(['revoked']);
    world.clock.advance(HOUR_MS);
    expect(await wallet(1)).toEqual(['revoked']);
    expect(await signal(id, 1, pay)).toEqual(['revoked']);
    expect(await world.find(id)).toMatchObject({ counts: { locked: 0, redeemed: 0 } });
  });

  it('ends the coupon: nobody gets it any more, by login, claim or run', async () => {
    const { id } = await world.active();
    const run = await world.start(id);
    await world.recall(id);
    await world.login(1);
    expect(await world.slice(run)).toBe('ended');
    expect(await world.books(run)).toMatchObject({ state: 'cutOff', granted: 0 });
    expect(await wallet(1)).toEqual([]);
    const claimed = await world.active({ issue: 'selfClaim' });
    await world.desk.claim(claimed.id, [{ ordinal: ordinal(1), request: undefined }]);
    await world.recall(claimed.id);
    const members = [1, 2].map((each) => ({ ordinal: ordinal(each), request: undefined }));
    const answers = await world.desk.claim(claimed.id, members);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['tooLate', 'tooLate']);
    await expect(world.moveCoupon(claimed.id, 'activate')).rejects.toMatchObject({ code: 'COUPON_STATE' });
  });

  it('changes nothing when it is repeated, is told once, and is not for drafts', async () => {
    const { id } = await world.active();
    await world.store.transaction((tx) =>
      tx.events.ensureGroup({ topic: 'coupon.recalled', group: 'test', now: world.now() }),
    );
    const first = await world.recall(id);
    world.clock.advance(1);
    expect(await world.recall(id)).toEqual(first);
    const groups = await world.store.read((tx) => tx.events.groups());
    expect(groups.find(({ topic }) => topic === 'coupon.recalled')?.backlog).toBe(1);
    const draft = await world.desk.change((tx) => createCoupon(tx, world.now(), couponCommand(world.now())));
    await expect(world.recall(draft.id)).rejects.toMatchObject({ code: 'COUPON_STATE', values: { state: 'draft' } });
  });

  it('of a coupon that has ended takes back what is still valid; what was over before stays expired', async () => {
    const { id } = await world.active({ validity: { kind: 'days', days: 2 } });
    await world.login(1);
    world.clock.advance(DAY_MS);
    await world.login(2);
    await world.moveCoupon(id, 'end');
    world.clock.advance(DAY_MS);
    await world.recall(id);
    expect([await wallet(1), await wallet(2)]).toEqual([['expired'], ['revoked']]);
    world.clock.advance(DAY_MS);
    expect(await wallet(2)).toEqual(['revoked']);
  });
});
