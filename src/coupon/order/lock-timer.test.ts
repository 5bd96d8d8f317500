import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lockRig, LOCK_MS, type LockRig } from '../../../test/support/lock-rig.js';
import { DomainError } from '../../core/errors.js';
import { LockTimer, type LockTimerEvent, type LockTimerOptions } from './lock-timer.js';

describe('the timer of locks', () => {
  let test: LockRig;
  let told: LockTimerEvent[];
  let timer: LockTimer | undefined;
  beforeEach(async () => {
    test = await lockRig();
    told = [];
  });
  afterEach(async () => {
    await timer?.close();
    timer = undefined;
    await test.checkBooks();
    await test.remove();
  });

  const start = (options: Partial<LockTimerOptions> = {}): void => {
    const made = new LockTimer({
      store: test.store,
      clock: test.clock,
      onEvent: (event) => told.push(event),
      ...options,
    });
    test.locks.tellsOfLocks((lockEndsAt) => {
      made.wakeAt(lockEndsAt);
    });
    made.start();
    timer = made;
  };
  /** As stored, whatever the clock says. */
  const stored = async (state: number): Promise<number> => {
    const [row] = await test.query('SELECT count(*) AS grants FROM coupon_grant WHERE state = ?', [state]);
    return Number(row?.['grants']);
  };
  const until = (isSo: () => Promise<void>): Promise<void> =>
    vi.waitFor(
      async () => {
        test.clock.advance(5);
        await isSo();
      },
      { timeout: 20_000, interval: 2 },
    );

  it('releases what is due, and nothing else, also of locks made while it sleeps', async () => {
    const { names } = await test.coupon([7, 8]);
    const [early = '', late = ''] = names;
    await test.lock('A', early);
    const { figures } = test.locks;
    start({ figures });
    test.clock.advance(LOCK_MS - 1_000);
    await test.lock('B', late);
    await until(async () => {
      expect(await stored(0)).toBe(1);
    });
    expect(await test.state(late)).toBe('locked by B');
    test.clock.advance(LOCK_MS);
    await until(async () => {
      expect(await stored(0)).toBe(2);
    });
    expect(told).toEqual([]);
    await vi.waitFor(() => {
      expect(new Map(figures.all()).get('ranOut')).toBe(2);
    });
  });

  it('leaves it to another while that one has the right', async () => {
    let isMine = false;
    const { names } = await test.coupon([7]);
    await test.lock('A', ...names);
    test.clock.advance(LOCK_MS);
    let asked = 0;
    start({
      mayWork: () => {
        asked++;
        return Promise.resolve(isMine);
      },
    });
    await until(async () => {
      expect(asked).toBeGreaterThan(1);
      await Promise.resolve();
    });
    expect(await stored(1)).toBe(1);
    isMine = true;
    await until(async () => {
      expect(await stored(0)).toBe(1);
    });
  });

  it('says when the store is away, and goes on when it is back', async () => {
    let isAway = true;
    const { names } = await test.coupon([7]);
    await test.lock('A', ...names);
    test.clock.advance(LOCK_MS);
    start({
      store: {
        read: (body) => test.store.read(body),
        transaction: (body, options) =>
          isAway
            ? Promise.reject(new DomainError('STORE_UNAVAILABLE', 'The store is away.'))
            : test.store.transaction(body, options),
      },
    });
    await until(async () => {
      expect(told.length).toBeGreaterThan(1);
      await Promise.resolve();
    });
    isAway = false;
    await until(async () => {
      expect(await stored(0)).toBe(1);
    });
  });
});
