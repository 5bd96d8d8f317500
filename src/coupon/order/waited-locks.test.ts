import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BASKET, LOCK_MS, lockRig, type LockRig } from '../../../test/support/lock-rig.js';
import { waitingForCoupons } from '../../../test/support/waiting-for-coupons.js';
import { orderId, ordinal } from '../../core/ids.js';
import type { EngineTx } from '../../compose/engine-tx.js';
import { LockDesk } from './lock-desk.js';

describe('requests that wait for the lock of a coupon', () => {
  let test: LockRig;
  /** Its transactions have a coupon after `LOCK_MS`, in which nobody else changes it. */
  let waiting: Pick<LockRig['locks'], 'lock' | 'release'>;
  beforeEach(async () => {
    test = await lockRig();
    const { store, clock } = test;
    waiting = new LockDesk<EngineTx>({
      clock,
      runningPromotions: () => Promise.resolve([]),
      store: waitingForCoupons({ store, clock, waitMs: LOCK_MS }),
    });
  });
  afterEach(async () => {
    await test.checkBooks();
    await test.remove();
  });

  it('lock what has become free meanwhile, for the whole of their time', async () => {
    const { names } = await test.coupon([7]);
    const [name = ''] = names;
    await test.lock('A', name);
    const view = await waiting.lock({
      orderId: orderId('B'),
      ordinal: ordinal(7),
      grants: [test.key(name)],
      basket: BASKET,
      lockMs: LOCK_MS,
      actor: 'shop',
    });
    expect(view.lockEndsAt).toBe(test.now() + LOCK_MS);
    expect(await test.state(name)).toBe('locked by B');
  });

  it('are journaled at the time when they had it', async () => {
    const { id, names } = await test.coupon([7]);
    const [name = ''] = names;
    await test.lock('A', name);
    await waiting.release({ orderId: orderId('A'), actor: 'shop' });
    const journal = await test.store.read((tx) => tx.grants.journalAfter(id, { after: 0, limit: 10 }));
    expect(journal.at(-1)).toMatchObject({ move: 'released', why: 'lockRanOut', at: test.now() });
  });
});
