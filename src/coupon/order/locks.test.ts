import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockRig, LOCK_MS, type LockRig } from '../../../test/support/lock-rig.js';
import { orderId } from '../../core/ids.js';
import { addMs, DAY_MS } from '../../core/time.js';
import { blankOrder, type OrderNewsKind } from './coupon-order.js';
import { GrantBook } from '../grant/grant-book.js';
import { moveCoupon } from '../move-coupon.js';
import { recallCoupon } from '../issue/recall-coupon.js';
import { tellExpired } from '../tell-expired.js';

describe('locks of orders', () => {
  let test: LockRig;
  beforeEach(async () => {
    test = await lockRig();
  });
  afterEach(async () => {
    await test.checkBooks();
    await test.remove();
  });

  const refusals = (asked: Promise<unknown>) =>
    asked.then(
      () => 'locked',
      (error: unknown) =>
        (error as { values: { refusals?: readonly { reason: string }[] } }).values.refusals?.map(
          ({ reason }) => reason,
        ),
    );

  it('hold what an order asks for, at the price of its basket, until it is paid', async () => {
    const { id, names } = await test.coupon([7]);
    const view = await test.lock('A', ...names);
    expect(view).toMatchObject({ discountMinor: 500n, lockEndsAt: test.now() + LOCK_MS });
    expect(await test.state(names[0] ?? '')).toBe('locked by A');
    expect((await test.coupons(id))?.counts).toMatchObject({ locked: 1, lockedMinor: 500n, redeemed: 0 });
    expect(await test.tell('A', 'paid', 2)).toBe('applied');
    expect(await test.state(names[0] ?? '')).toBe('redeemed by A');
    expect((await test.coupons(id))?.counts).toMatchObject({ locked: 0, redeemed: 1, redeemedMinor: 500n });
    expect(await test.journal(id)).toEqual(['locked lock', 'redeemed paid']);
  });

  it('are all there or none, and say what stands in the way of each', async () => {
    const first = await test.coupon([7, 8]);
    const second = await test.coupon([7], {
      rule: { kind: 'discount', discountBps: 1_000, maxReductionMinor: undefined },
    });
    const [mine = '', others = ''] = first.names;
    const [more = ''] = second.names;
    await test.lock('A', mine);
    expect(await refusals(test.lock('B', more, mine))).toEqual(['locked']);
    expect(await test.state(more)).toBe('available');
    expect(await refusals(test.lock('C', more, others))).toEqual(['unknownGrant']);
    expect(await refusals(test.lock('C', more, `${first.id}-7-9`, `99-7-1`))).toEqual(['unknownGrant']);
    await test.tell('A', 'paid');
    expect(await refusals(test.lock('B', mine))).toEqual(['redeemed']);
  });

  it('take only coupons that may be used together, and that take something off', async () => {
    const alone = await test.coupon([7], { stacking: 'alone' });
    const both = await test.coupon([7]);
    const scoped = await test.coupon([7], { scope: { kind: 'products', productIds: ['other'] } });
    expect(await refusals(test.lock('A', ...alone.names, ...both.names))).toEqual(['usedAlone']);
    expect(await refusals(test.lock('A', ...both.names, ...scoped.names))).toEqual(['outOfScope']);
    expect(await refusals(test.lock('A', ...both.names))).toBe('locked');
  });

  it('are made once for an order, however often it asks', async () => {
    const { id, names } = await test.coupon([7]);
    const other = await test.coupon([7]);
    const first = await test.lock('A', ...names);
    test.clock.advance(1_000);
    expect(await test.lock('A', ...names)).toEqual(first);
    await expect(test.lock('A', ...other.names)).rejects.toMatchObject({ code: 'ORDER_STATE' });
    await test.tell('A', 'paid');
    expect((await test.lock('A', ...names)).uses[0]?.holding).toBe('redeemed');
    expect(await test.journal(id)).toEqual(['locked lock', 'redeemed paid']);
    await test.tell('B', 'cancelled', 5);
    await expect(test.lock('B', ...other.names)).rejects.toMatchObject({ code: 'ORDER_STATE' });
  });

  it('are given back by a request, and the order may lock others', async () => {
    const { id, names } = await test.coupon([7]);
    const other = await test.coupon([7]);
    await test.lock('A', ...names);
    expect(await test.release('A')).toMatchObject({ uses: [], lockEndsAt: undefined });
    expect(await test.release('A')).toMatchObject({ uses: [] });
    await test.lock('A', ...other.names);
    expect(await test.tell('A', 'paid')).toBe('applied');
    expect(await test.state(names[0] ?? '')).toBe('available');
    expect(await test.journal(id)).toEqual(['locked lock', 'released unlock']);
    await expect(test.release('A')).rejects.toMatchObject({ code: 'ORDER_STATE' });
    await expect(test.release('unheard')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([true, false])('are void at their deadline, to the millisecond; timer runs: %s', async (hasTimer) => {
    const { id, names } = await test.coupon([7]);
    const [name = ''] = names;
    await test.lock('A', name);
    test.clock.advance(LOCK_MS - 1);
    expect(await test.expire()).toBe(0);
    expect(await test.state(name)).toBe('locked by A');
    expect(await refusals(test.lock('B', name))).toEqual(['locked']);
    test.clock.advance(1);
    if (hasTimer) expect(await test.expire()).toBe(1);
    expect(await test.state(name)).toBe('available');
    expect(await refusals(test.lock('B', name))).toBe('locked');
    await test.expire();
    expect(await test.state(name)).toBe('locked by B');
    expect(await test.journal(id)).toEqual(['locked lock', 'released lockRanOut', 'locked lock']);
  });

  it('tell what a coupon is once they are released: free, over by then, or taken back with all others', async () => {
    const { id, names } = await test.coupon([7, 8], { validity: { kind: 'days', days: 2 } });
    const [free = '', recalled = ''] = names;
    const becomes = async () => {
      const events = await test.query("SELECT body FROM event WHERE topic = 'coupon.released'");
      return events.map(({ body }) => JSON.parse(String(body)) as { grantId: string; becomes: string });
    };
    await test.lock('A', free);
    await test.release('A');
    expect(await becomes()).toMatchObject([{ grantId: free, becomes: 'available' }]);
    await test.lock('B', recalled);
    await test.desk.change((tx) => recallCoupon(tx, test.now(), id));
    await test.release('B');
    const other = await test.coupon([7], { validity: { kind: 'days', days: 2 } });
    test.clock.advance(2 * DAY_MS - 1);
    await test.lock('C', ...other.names);
    test.clock.advance(1);
    await test.release('C');
    expect((await becomes()).map((event) => event.becomes).sort()).toEqual(['available', 'expired', 'revoked']);
  });

  it('are compared with instants, whatever the time zone of the machine', async () => {
    const zone = process.env['TZ'];
    const { names } = await test.coupon([7]);
    const [name = ''] = names;
    try {
      process.env['TZ'] = 'Asia/Shanghai';
      await test.lock('A', name);
      test.clock.advance(LOCK_MS - 1);
      await test.expire();
      expect(await test.state(name)).toBe('locked by A');
      process.env['TZ'] = 'America/Los_Angeles';
      test.clock.advance(1);
      expect(await test.state(name)).toBe('available');
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('keep what was paid before the timer came', async () => {
    const { id, names } = await test.coupon([7, 8]);
    const [paid = '', left = ''] = names;
    await test.lock('A', paid);
    await test.lock('B', left);
    test.clock.advance(LOCK_MS - 1);
    await test.tell('A', 'paid');
    test.clock.advance(1);
    await test.expire();
    expect([await test.state(paid), await test.state(left)]).toEqual(['redeemed by A', 'available']);
    expect((await test.coupons(id))?.counts).toMatchObject({ redeemed: 1, locked: 0, redeemedMinor: 500n });
  });

  it('that have ended are redeemed by a late payment while nobody else has them', async () => {
    const { id, names } = await test.coupon([7]);
    await test.lock('A', ...names);
    test.clock.advance(LOCK_MS + 30 * DAY_MS); // the coupon is over as well
    await test.expire();
    expect(await test.state(names[0] ?? '')).toBe('expired');
    expect(await test.tell('A', 'paid', 2)).toBe('applied');
    expect(await test.state(names[0] ?? '')).toBe('redeemed by A');
    expect(await test.journal(id)).toEqual(['locked lock', 'released lockRanOut', 'paidLate paid']);
  });

  it('stay with the order that has them by then, and a conflict tells the amount', async () => {
    const { id, names } = await test.coupon([7]);
    const [name = ''] = names;
    await test.lock('A', name);
    test.clock.advance(LOCK_MS);
    await test.lock('B', name);
    expect(await test.tell('A', 'paid', 2)).toBe('conflict');
    expect(await test.tell('A', 'paid', 2)).toBe('unchanged');
    expect(await test.state(name)).toBe('locked by B');
    expect(await test.tell('B', 'paid', 2)).toBe('applied');
    expect(await test.tell('A', 'refunded', 3)).toBe('applied');
    expect(await test.state(name)).toBe('redeemed by B');
    const events = await test.query("SELECT body FROM event WHERE topic = 'coupon.conflict'");
    expect(events.map(({ body }) => JSON.parse(String(body)) as unknown)).toMatchObject([
      { grantId: name, orderId: 'A', amountMinor: '500', reason: 'locked', heldBy: 'B' },
    ]);
    expect(await test.journal(id)).toContain('conflict paid');
  });

  it('never add up to more than the budget, also of locks that have ended', async () => {
    const { id, names } = await test.coupon([7, 8, 9], { budgetMinor: 1_000n });
    const [one = '', two = '', three = ''] = names;
    await test.lock('A', one);
    await test.lock('B', two);
    expect(await refusals(test.lock('C', three))).toEqual(['budgetSpent']);
    test.clock.advance(LOCK_MS);
    expect(await refusals(test.lock('C', three))).toBe('locked'); // no timer has come
    expect(await test.tell('A', 'paid')).toBe('applied');
    expect(await test.tell('B', 'paid')).toBe('conflict');
    expect(await test.state(two)).toBe('available');
    expect((await test.coupons(id))?.counts).toMatchObject({ lockedMinor: 500n, redeemedMinor: 500n });
  });
});

describe('void locks that no timer has come to', () => {
  it('give a budget back, however many there are', async () => {
    const test = await lockRig();
    const { names } = await test.coupon([...Array(1_002).keys()], { budgetMinor: 500n });
    const keys = names.slice(1).map((name) => test.key(name));
    await test.store.transaction(async (tx) => {
      const book = await GrantBook.open(tx, test.now(), keys);
      for (const [index, key] of keys.entries()) {
        const isLast = index === keys.length - 1; // it alone has taken something off, and its lock ends last
        const use = { ...key, orderId: orderId(`o-${index}`), amountMinor: isLast ? 500n : 0n };
        const lockEndsAt = addMs(test.now(), LOCK_MS - (isLast ? 0 : 1));
        const request = new Uint8Array(16);
        expect(book.apply(key, { kind: 'lock', ...use, lockEndsAt }, 'shop')).toBeUndefined();
        await tx.couponOrders.update([{ ...blankOrder(use.orderId), ordinal: key.ordinal, request, lockEndsAt }]);
        await tx.couponOrders.replaceUses(use.orderId, [use]);
      }
      await book.close();
    });
    await expect(test.lock('A', names[0] ?? '')).rejects.toMatchObject({ code: 'LOCK_REFUSED' });
    test.clock.advance(LOCK_MS);
    expect(await test.lock('A', names[0] ?? '')).toMatchObject({ discountMinor: 500n });
    await test.checkBooks();
    await test.remove();
  });
});

describe('a payment that comes late', () => {
  const rules = { budgetMinor: 500n } as const;

  it.each([true, false])('finds the budget that void locks of others have held; timer runs: %s', async (hasTimer) => {
    const test = await lockRig();
    const { id, names } = await test.coupon([7, 8], rules);
    const [late = '', other = ''] = names;
    await test.lock('A', late);
    test.clock.advance(LOCK_MS);
    await test.expire();
    await test.lock('B', other);
    test.clock.advance(LOCK_MS);
    if (hasTimer) await test.expire();
    expect(await test.tell('A', 'paid', 2)).toBe('applied');
    expect([await test.state(late), await test.state(other)]).toEqual(['redeemed by A', 'available']);
    expect((await test.coupons(id))?.counts).toMatchObject({ lockedMinor: 0n, redeemedMinor: 500n });
    await test.checkBooks();
    await test.remove();
  });

  it('and is given back by the same news needs no budget', async () => {
    const test = await lockRig();
    const { id, names } = await test.coupon([7, 8], { ...rules, afterRefund: 'expired' });
    const [late = '', other = ''] = names;
    await test.lock('A', late);
    await test.tell('A', 'cancelled', 3);
    await test.lock('B', other);
    expect(await test.tell('A', 'paid', 2)).toBe('applied');
    expect([await test.state(late), await test.state(other)]).toEqual(['expired', 'locked by B']);
    expect((await test.coupons(id))?.counts).toMatchObject({ forfeited: 1, lockedMinor: 500n, redeemedMinor: 0n });
    await test.checkBooks();
    await test.remove();
  });
});

describe('news of orders', () => {
  let test: LockRig;
  beforeEach(async () => {
    test = await lockRig();
  });
  afterEach(async () => {
    await test.checkBooks();
    await test.remove();
  });

  it('gives back what a cancelled order has locked, and a refunded one by the rule of the coupon', async () => {
    const kept = await test.coupon([7, 8], { afterRefund: 'available' });
    const lost = await test.coupon([7, 8], { afterRefund: 'expired' });
    const of7 = [kept.names[0] ?? '', lost.names[0] ?? ''];
    const of8 = [kept.names[1] ?? '', lost.names[1] ?? ''];
    await test.lock('A', ...of7);
    await test.lock('B', ...of8);
    await test.tell('A', 'cancelled', 2);
    expect(await Promise.all(of7.map(test.state))).toEqual(['available', 'available']);
    await test.tell('B', 'paid', 2);
    await test.tell('B', 'refunded', 3);
    expect(await Promise.all(of8.map(test.state))).toEqual(['available', 'expired']);
    expect((await test.coupons(lost.id))?.counts).toMatchObject({ forfeited: 1, redeemed: 0, redeemedMinor: 0n });
  });

  it('that is older than the payment gives nothing back', async () => {
    const { id, names } = await test.coupon([7]);
    await test.lock('A', ...names);
    await test.tell('A', 'paid', 3);
    expect(await test.tell('A', 'cancelled', 2)).toBe('unchanged');
    expect(await test.state(names[0] ?? '')).toBe('redeemed by A');
    expect(await test.journal(id)).toEqual(['locked lock', 'redeemed paid']);
  });

  it('counts once, however often it is told', async () => {
    // There are more of it than are paid for: a payment that counted twice would still fit what was granted.
    const { id, names } = await test.coupon([7, 8, 9]);
    const [mine = ''] = names;
    await test.lock('A', mine);
    for (let times = 0; times < 3; times++) {
      expect(await test.tell('A', 'paid', 3)).toBe(times === 0 ? 'applied' : 'unchanged');
    }
    expect((await test.coupons(id))?.counts).toMatchObject({ redeemed: 1, redeemedMinor: 500n });
    expect(await test.journal(id)).toEqual(['locked lock', 'redeemed paid']);
  });

  it('names what the order uses: what it does not hold is a conflict', async () => {
    const { names } = await test.coupon([7, 8]);
    const [mine = '', others = ''] = names;
    await test.lock('A', mine);
    expect(await test.tell('A', 'created', 1, [mine])).toBe('applied');
    expect(await test.tell('A', 'paid', 2, [mine, others])).toBe('conflict');
    expect(await test.tell('B', 'created', 1, [others])).toBe('conflict');
  });

  const conflicts = async () => {
    const events = await test.query("SELECT body FROM event WHERE topic = 'coupon.conflict'");
    return events.map(({ body }) => JSON.parse(String(body)) as object);
  };

  it('tells of coupons that it says were paid for and that the order has released, with their amount', async () => {
    const { id, names } = await test.coupon([7]);
    const other = await test.coupon([7]);
    const [released = ''] = names;
    await test.lock('A', released);
    await test.release('A');
    await test.lock('A', ...other.names);
    expect(await test.tell('A', 'paid', 2, [released, ...other.names, released])).toBe('conflict');
    expect(await test.state(released)).toBe('available');
    expect(await test.state(other.names[0] ?? '')).toBe('redeemed by A');
    expect(await conflicts()).toMatchObject([
      { grantId: released, orderId: 'A', amountMinor: '500', reason: 'available', heldBy: null },
    ]);
    expect(await test.journal(id)).toEqual(['locked lock', 'released unlock', 'conflict paid']);
    await test.tell('A', 'refunded', 3); // gives back what was redeemed, and nothing else
    expect(await test.journal(id)).toHaveLength(3);
  });

  it('tells of coupons that the order has replaced after its lock, and of such as it never had', async () => {
    const { id, names } = await test.coupon([7, 8]);
    const other = await test.coupon([7]);
    const [first = '', strange = ''] = names;
    await test.lock('A', first);
    test.clock.advance(LOCK_MS);
    await test.lock('A', ...other.names);
    await test.lock('B', strange);
    expect(await test.tell('A', 'paid', 2, [first, strange, `${id}-77-1`, '99-7-1'])).toBe('conflict');
    expect(await conflicts()).toMatchObject([
      { grantId: first, amountMinor: '500', reason: 'available', heldBy: null },
      { grantId: strange, amountMinor: null, reason: 'locked', heldBy: 'B' },
    ]);
    expect(await test.state(first)).toBe('available');
    expect(await test.state(strange)).toBe('locked by B');
  });

  it('that comes late finds the coupons of an order that ended and was asked to release', async () => {
    const { names } = await test.coupon([7], { afterRefund: 'expired' });
    await test.lock('A', ...names);
    await test.tell('A', 'cancelled', 3);
    await test.release('A');
    expect(await test.tell('A', 'paid', 2)).toBe('applied');
    expect(await test.state(names[0] ?? '')).toBe('expired');
  });

  it('without a version has no effect among news with one, nor the other way round', async () => {
    const { names } = await test.coupon([7, 8]);
    const [first = '', second = ''] = names;
    await test.lock('A', first);
    await test.lock('B', second);
    expect(await test.tell('A', 'created')).toBe('applied'); // decides nothing
    expect(await test.tell('A', 'paid', 100)).toBe('applied');
    expect(await test.tell('A', 'refunded')).toBe('conflict');
    expect(await test.tell('B', 'paid')).toBe('applied');
    expect(await test.tell('B', 'cancelled', 100)).toBe('conflict');
    expect([await test.state(first), await test.state(second)]).toEqual(['redeemed by A', 'redeemed by B']);
  });

  it.each([true, false])('confirms no lock that is over; timer runs: %s', async (hasTimer) => {
    const { names } = await test.coupon([7]);
    await test.lock('A', ...names);
    test.clock.advance(LOCK_MS);
    if (hasTimer) await test.expire();
    expect(await test.tell('A', 'created', 1, names)).toBe('conflict');
  });

  it('is remembered for a lock that comes later, for a week', async () => {
    const { names } = await test.coupon([7]);
    await test.tell('A', 'cancelled');
    await expect(test.lock('A', ...names)).rejects.toMatchObject({ code: 'ORDER_STATE' });
    test.clock.advance(7 * DAY_MS);
    await test.store.transaction((tx) => tx.couponOrders.forget(test.now(), 10));
    await test.lock('A', ...names);
    expect(await test.state(names[0] ?? '')).toBe('locked by A');
  });
});

describe('revoking', () => {
  it('takes away what no order holds, once, and nothing else', async () => {
    const test = await lockRig();
    const { id, names } = await test.coupon([7, 8, 9], { stock: 3 });
    const [free = '', locked = '', redeemed = ''] = names;
    await test.lock('A', locked);
    await test.lock('B', redeemed);
    await test.tell('B', 'paid');
    await test.revoke(free);
    await test.revoke(free);
    for (const name of [locked, redeemed])
      await expect(test.revoke(name)).rejects.toMatchObject({ code: 'GRANT_STATE' });
    await expect(test.revoke(`${id}-77-1`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await test.state(free)).toBe('revoked');
    expect((await test.coupons(id))?.counts).toMatchObject({ revoked: 1, granted: 3 });
    test.clock.advance(LOCK_MS);
    await test.revoke(locked); // its lock is over
    expect(await test.state(locked)).toBe('revoked');
    await test.checkBooks();
    await test.remove();
  });
});

describe('figures of locks', () => {
  it('count what became of each, once it has committed', async () => {
    const test = await lockRig();
    const { names } = await test.coupon([7, 8, 9, 10]);
    const [a = '', b = '', c = '', d = ''] = names;
    const figures = () => Object.fromEntries([...test.locks.figures.all()].filter(([, count]) => count > 0));
    const tell = async (order: string, kind: OrderNewsKind, grants?: readonly string[]) => {
      const news = [{ kind, orderId: orderId(order), version: undefined, grants: grants?.map(test.key) }];
      return test.store.transaction((tx) => test.locks.tell(tx, { news, actor: 'shop' }));
    };
    const heard = async (...told: Parameters<typeof tell>) => {
      (await tell(...told)).committed();
    };
    await test.lock('A', a);
    await test.lock('A', a); // the same again takes nothing
    await test.lock('B', b);
    await test.lock('C', c);
    await expect(test.lock('D', a)).rejects.toMatchObject({ code: 'LOCK_REFUSED' });
    expect(figures()).toEqual({ taken: 3, refused: 1 });
    await tell('A', 'paid'); // of which nobody says that it has committed
    await test.release('B');
    expect(figures()).toEqual({ taken: 3, refused: 1, released: 1 });
    test.clock.advance(LOCK_MS);
    await test.lock('E', d);
    await heard('C', 'paid'); // its lock is found to be over, and it is still free
    await heard('C', 'refunded');
    await heard('E', 'paid', [d, a]);
    expect(figures()).toEqual({
      taken: 4,
      refused: 1,
      released: 1,
      ranOut: 1,
      paidLate: 1,
      givenBack: 1,
      redeemed: 1,
      conflict: 1,
    });
    await test.checkBooks();
    await test.remove();
  });
});

describe('a coupon whose last grant is over', () => {
  it('is told of once, with its counts, and not while an order holds one', async () => {
    const test = await lockRig();
    const { id, names } = await test.coupon([7, 8, 9]);
    const [paid = '', locked = ''] = names;
    const { signal } = new AbortController();
    const told = async () => {
      await tellExpired(test, { signal });
      const events = await test.query("SELECT body FROM event WHERE topic = 'coupon.expired'");
      return events.map(({ body }) => JSON.parse(String(body)) as object);
    };
    await test.lock('A', paid);
    await test.tell('A', 'paid');
    test.clock.advance(20 * DAY_MS - 1);
    await test.lock('B', locked);
    expect(await told()).toEqual([]);
    test.clock.advance(1);
    expect(await told()).toEqual([]);
    test.clock.advance(LOCK_MS);
    await test.expire();
    for (let times = 0; times < 2; times++) {
      expect(await told()).toMatchObject([
        { couponId: id, granted: 3, redeemed: 1, forfeited: 0, revoked: 0, expired: 2, redeemedMinor: '500' },
      ]);
    }
    await test.checkBooks();
    await test.remove();
  });

  it('is told of when a person ended it before its close, and not before its last grant is over', async () => {
    const test = await lockRig();
    const { id } = await test.coupon([7], { validity: { kind: 'days', days: 7 } });
    const { signal } = new AbortController();
    const told = async () => {
      await tellExpired(test, { signal });
      return (await test.query("SELECT body FROM event WHERE topic = 'coupon.expired'")).length;
    };
    test.clock.advance(DAY_MS);
    await test.desk.change((tx) => moveCoupon(tx, test.now(), { id, move: 'end' }));
    test.clock.advance(7 * DAY_MS - 1);
    expect(await told()).toBe(0);
    test.clock.advance(1);
    expect(await told()).toBe(1);
    await test.remove();
  });

  it('is told of at once when it was recalled and no order holds one: nothing of it can expire', async () => {
    const test = await lockRig();
    const { id, names } = await test.coupon([7, 8, 9]);
    const [paid = '', locked = ''] = names;
    const { signal } = new AbortController();
    const told = async () => {
      await tellExpired(test, { signal });
      const events = await test.query("SELECT body FROM event WHERE topic = 'coupon.expired'");
      return events.map(({ body }) => JSON.parse(String(body)) as object);
    };
    await test.lock('A', paid);
    await test.tell('A', 'paid');
    await test.lock('B', locked);
    await test.desk.change((tx) => recallCoupon(tx, test.now(), id));
    expect(await told()).toEqual([]); // B may still be paid
    await test.tell('B', 'cancelled');
    test.clock.advance(1);
    for (let times = 0; times < 2; times++) {
      expect(await told()).toMatchObject([{ granted: 3, redeemed: 1, revoked: 2, expired: 0, redeemedMinor: '500' }]);
    }
    test.clock.advance(40 * DAY_MS);
    expect(await told()).toHaveLength(1);
    await test.remove();
  });

  it('is looked at again under its lock: what was found may have changed', async () => {
    const test = await lockRig();
    const { id, names } = await test.coupon([7]);
    const { signal } = new AbortController();
    const told = async () => {
      const transaction = test.store.transaction.bind(test.store);
      const found = { read: () => Promise.resolve([id] as never), transaction };
      await tellExpired({ store: found, clock: test.clock }, { signal });
      return (await test.query("SELECT body FROM event WHERE topic = 'coupon.expired'")).length;
    };
    expect(await told()).toBe(0); // it is valid
    test.clock.advance(20 * DAY_MS - 1);
    await test.lock('A', ...names);
    test.clock.advance(1);
    expect(await told()).toBe(0); // it is locked
    test.clock.advance(LOCK_MS);
    await test.expire();
    expect(await told()).toBe(1);
    await test.remove();
  });
});
