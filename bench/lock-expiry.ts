/**
 * Locks of orders that run out, on SQLite, with their books: state, counts, journal and event of each, durable.
 *
 * `released`: so many are due at once, and the slices of the timer release them; against one transaction for each lock in
 * the same run. `lateness`: locks that end evenly at 5,000 a second while the timer runs, from the end of a lock to the
 * commit that released it, against the aim of 50 ms.
 *
 * What it does not show: orders that are paid and locked beside it, MySQL, several nodes.
 */
import { join } from 'node:path';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import type { SqliteTx } from '../src/adapters/sqlite/sqlite-tx.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { orderId, ordinal, type CouponId } from '../src/core/ids.js';
import type { Store } from '../src/core/ports/store.js';
import { addMs, epochMs, type EpochMs } from '../src/core/time.js';
import { blankOrder } from '../src/coupon/order/coupon-order.js';
import { expireLocks } from '../src/coupon/order/expire-locks.js';
import { giveGrants } from '../src/coupon/grant/give-grants.js';
import { GrantBook } from '../src/coupon/grant/grant-book.js';
import { newGrant } from '../src/coupon/grant/grant.js';
import { LockTimer } from '../src/coupon/order/lock-timer.js';
import { activeCoupon } from '../test/support/coupon-builder.js';
import { TOPICS } from '../src/core/topics.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import type { CleanUp } from './support/clean-up.js';
import { Latencies } from './support/latencies.js';
import { inRounds } from './support/rounds.js';

export const lockExpiry: Bench = {
  name: 'lock-expiry',
  about: 'locks of orders that run out, with their books, on SQLite',
  run,
};

const SLICE = 250;
/** A transaction each takes long: so many of the locks do. */
const SINGLE_SHARE = 0.1;
const PER_SECOND = 5_000;
const LATENESS_AIM_MS = 50;
const AMOUNT_MINOR = 500n;
/** Time to write them before the first one ends. */
const HEAD_START_MS = 3_000;

interface Round {
  readonly perSecond: number;
  readonly single: number;
  readonly lateMs: number;
}

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const members = options.numberOf('members', 20_000);
  const rounds = await inRounds<Round>(options, { otherwise: 3, measure: (cleanUp) => oneRound(members, cleanUp) });
  return [
    figureOf(
      'released, against a transaction each',
      'locks/s',
      rounds.of(({ perSecond }) => perSecond),
      rounds.of(({ single }) => single),
    ),
    figureOf(
      `lateness at ${PER_SECOND}/s, p99 against the aim`,
      'ms',
      rounds.of(({ lateMs }) => lateMs),
      [LATENESS_AIM_MS],
    ),
  ];
}

async function oneRound(members: number, cleanUp: CleanUp): Promise<Round> {
  const store = new SqliteStore({ file: join(runFolder(cleanUp), 'fanfare.db'), clock: systemClock });
  cleanUp.add(() => store.close());
  const id = await giveOut(store, members);
  const past = epochMs(systemClock.now() - 1);
  await lockAll(store, { id, from: 0, until: members, endsAt: () => past });
  const orders = Math.round(members * SINGLE_SHARE);
  const single = await rateOf(orders, () => release(store, { orders, slice: 1 }));
  const left = members - orders;
  const perSecond = await rateOf(left, () => release(store, { orders: left, slice: SLICE }));
  return { perSecond, single, lateMs: await latenessOf(store, id, Math.min(members, 2 * PER_SECOND)) };
}

async function giveOut(store: SqliteStore, members: number): Promise<CouponId> {
  const now = systemClock.now();
  const coupon = await activeCoupon((body) => store.transaction(body), now);
  const giver = { actor: 'claim', topic: TOPICS.couponClaimed };
  await inSlices(0, members, (from, until) =>
    store.transaction(async (tx) => {
      const grants = range(from, until).map((each) => newGrant(keyOf(coupon.id, each), now, undefined));
      await giveGrants(tx, (await tx.coupons.find(coupon.id)) ?? coupon, { grants, giver, now });
    }),
  );
  return coupon.id;
}

interface Locks {
  readonly id: CouponId;
  readonly from: number;
  readonly until: number;
  readonly endsAt: (index: number) => EpochMs;
}

/** One order for each member, named by what it locks and when. */
const lockAll = (store: Store<SqliteTx>, { id, from, until, endsAt }: Locks): Promise<void> =>
  inSlices(from, until, (start, end) =>
    store.transaction(async (tx) => {
      const indexes = range(start, end);
      // Locks that are over already are made a moment before their end.
      const now = epochMs(Math.min(systemClock.now(), endsAt(start) - 1));
      const book = await GrantBook.open(
        tx,
        now,
        indexes.map((each) => keyOf(id, each)),
      );
      for (const index of indexes) {
        const lockEndsAt = endsAt(index);
        const order = orderId(`order-${lockEndsAt}-${index}`);
        const use = { ...keyOf(id, index), orderId: order, amountMinor: AMOUNT_MINOR };
        book.apply(use, { kind: 'lock', orderId: order, amountMinor: AMOUNT_MINOR, lockEndsAt }, 'shop');
        await tx.couponOrders.update([{ ...blankOrder(order), ordinal: ordinal(index), lockEndsAt }]);
        await tx.couponOrders.replaceUses(order, [use]);
      }
      await book.close();
    }),
  );

async function release(
  store: Store<SqliteTx>,
  { orders, slice }: { readonly orders: number; readonly slice: number },
): Promise<void> {
  for (let left = orders; left > 0;) {
    const released = await store.transaction((tx) => expireLocks(tx, () => systemClock.now(), Math.min(slice, left)));
    if (released === 0) throw new Error(`${left} locks are not due.`);
    left -= released;
  }
}

/** The p99 of a run of the timer itself. */
async function latenessOf(store: SqliteStore, id: CouponId, locks: number): Promise<number> {
  const startsAt = addMs(systemClock.now(), HEAD_START_MS);
  const endsAt = (index: number): EpochMs => addMs(startsAt, Math.floor((index * 1_000) / PER_SECOND));
  await lockAll(store, { id, from: 0, until: locks, endsAt });
  const spans = new Latencies();
  const watched: Store<SqliteTx> = {
    read: (body) => store.read(body),
    transaction: async (body, options) => {
      const released = await store.transaction(body, options);
      // The timer releases those that ended first, and answers how many.
      const until = spans.count + Number(released);
      while (spans.count < until) spans.add(systemClock.now() - endsAt(spans.count));
      return released;
    },
  };
  const failures: unknown[] = [];
  const timer = new LockTimer({ store: watched, clock: systemClock, onEvent: ({ error }) => failures.push(error) });
  timer.start();
  const giveUpAt = addMs(endsAt(locks), 10_000);
  while (spans.count < locks && failures.length === 0 && systemClock.now() < giveUpAt) await systemClock.sleep(50);
  await timer.close();
  if (spans.count !== locks) throw new Error(`${spans.count} of ${locks} locks were released.`, { cause: failures[0] });
  return spans.percentileMs(0.99);
}

async function rateOf(locks: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (locks * 1_000) / (performance.now() - startedMs);
}

async function inSlices(
  from: number,
  until: number,
  work: (from: number, until: number) => Promise<void>,
): Promise<void> {
  for (let start = from; start < until; start += 1_000) await work(start, Math.min(until, start + 1_000));
}

const range = (from: number, until: number): readonly number[] =>
  Array.from({ length: until - from }, (_, index) => from + index);

const keyOf = (id: CouponId, index: number) => ({ couponId: id, ordinal: ordinal(index), n: 1 });
