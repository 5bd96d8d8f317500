/**
 * Locks grants for an order, all of them or none: one request, answered when it is durable. The order is the key: asked
 * again with the same basket and grants, it is answered as it stands and nothing is locked twice.
 */
import { assert } from '../../core/assert.js';
import { DomainError } from '../../core/errors.js';
import type { CouponId, OrderId, Ordinal } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import { equalBytes } from '../../core/structured-hash.js';
import { addMs, DAY_MS, MINUTE_MS, SECOND_MS, type EpochMs } from '../../core/time.js';
import { validityOf, type Coupon } from '../coupon.js';
import { mayLock, type CouponOrder, type OrderUse } from './coupon-order.js';
import type { CouponTx } from '../coupon-repository.js';
import { grantName, type Grant, type GrantKey } from '../grant/grant.js';
import { GrantBook } from '../grant/grant-book.js';
import { grantStateAt } from '../grant/grant-state.js';
import type { SeeMoves } from './lock-figures.js';
import { orderViewOf, readOrder, type OrderView } from './order-view.js';

export const MIN_LOCK_MS = SECOND_MS;
export const MAX_LOCK_MS = 7 * DAY_MS;
export const DEFAULT_LOCK_MS = 15 * MINUTE_MS;
export const MAX_GRANTS_PER_ORDER = 20;
/** Void locks that are looked at in one step, until a budget has what is wanted of it. */
const VOID_LOCKS_PER_STEP = 200;

/** Why a grant cannot be locked, beside what the price says. */
export const LOCK_REFUSALS = [
  'unknownGrant',
  'notYetValid',
  'expired',
  'locked',
  'redeemed',
  'revoked',
  'budgetSpent',
] as const;

/** What one coupon takes off, or the reason why it takes nothing off. */
export type CouponPrice =
  | { readonly discountMinor: bigint; readonly refusal?: undefined }
  | { readonly refusal: string; readonly discountMinor?: undefined };

/**
 * Prices grants that are used together, by their names. Where some cannot be used, it says which; the others are missing
 * then.
 */
export type PriceGrants = (
  grants: readonly { readonly grant: Grant; readonly coupon: Coupon }[],
  now: EpochMs,
) => ReadonlyMap<string, CouponPrice>;

export interface LockCoupons {
  readonly orderId: OrderId;
  readonly ordinal: Ordinal;
  /** Of this member, each once. */
  readonly grants: readonly GrantKey[];
  /** What order and basket are recognised by, 16 bytes. */
  readonly request: Uint8Array;
  /** `MIN_LOCK_MS` to `MAX_LOCK_MS`. */
  readonly lockMs: number;
  readonly price: PriceGrants;
  /** Who asks, as the journal says. */
  readonly actor: string;
}

/** What stands in the way of one grant. */
export interface LockRefusal {
  readonly grantId: string;
  readonly reason: string;
}

/**
 * @throws DomainError `LOCK_REFUSED` with the reason for each grant that cannot be locked; `ORDER_STATE` for an order that
 *   was ended, or that holds other coupons by now.
 */
export async function lockCoupons(
  tx: CouponTx,
  readNow: ReadNow,
  command: LockCoupons,
  seeMoves?: SeeMoves,
): Promise<OrderView> {
  const { orderId, grants, ordinal, request, actor } = command;
  const [order] = await tx.couponOrders.lock([orderId]);
  const askedAt = readNow();
  if (order === undefined || (await isHeld(tx, order, command, askedAt))) return readOrder(tx, askedAt, orderId);
  await refuseUnknown(tx, command);
  const before = await tx.couponOrders.usesOf([orderId]);
  const book = await GrantBook.open(tx, readNow, [...grants, ...before]);
  const { now } = book;
  for (const use of before) book.apply(use, { kind: 'look' }, actor); // a lock of its own that has run out
  refuseState(book, command, now);
  const uses = pricedUses(book, command, now);
  await freeBudgets(tx, book, uses, now);
  const lockEndsAt = addMs(now, command.lockMs);
  const refusals = uses.flatMap((use): LockRefusal[] => {
    const obstacle = book.apply(use, { kind: 'lock', orderId, amountMinor: use.amountMinor, lockEndsAt }, actor);
    return obstacle === undefined ? [] : [{ grantId: grantName(use), reason: obstacle }];
  });
  if (refusals.length > 0) refuseLock(orderId, refusals);
  const journaled = await book.close();
  seeMoves?.(journaled);
  const locked: CouponOrder = { ...order, ordinal, request, lockEndsAt, forgetAt: undefined };
  await tx.couponOrders.update([locked]);
  await tx.couponOrders.replaceUses(orderId, uses);
  const held = uses.map((use) => ({ use, grant: book.grant(use) }));
  return orderViewOf(locked, held, now);
}

/** True when the order has these very coupons already. */
async function isHeld(tx: CouponTx, order: CouponOrder, command: LockCoupons, now: EpochMs): Promise<boolean> {
  const { orderId, state, request, lockEndsAt } = order;
  const isSame = request !== undefined && equalBytes(request, command.request);
  if (!mayLock(order)) {
    if (state === 'paid' && isSame) return true;
    throw new DomainError('ORDER_STATE', `Order ${orderId} is ${state}: it locks no coupons any more.`, {
      orderId,
      state,
    });
  }
  const isLocked = lockEndsAt !== undefined && now < lockEndsAt && (await tx.couponOrders.usesOf([orderId])).length > 0;
  if (isLocked && !isSame) {
    throw new DomainError(
      'ORDER_STATE',
      `Order ${orderId} holds coupons for another basket; release its lock first, then lock again.`,
      { orderId, state },
    );
  }
  return isLocked;
}

/** Of grants that are not hers nothing is told, not even whether they exist. */
async function refuseUnknown(tx: CouponTx, { orderId, ordinal, grants }: LockCoupons): Promise<void> {
  const refusals: LockRefusal[] = [];
  for (const key of grants) {
    const isKnown = key.ordinal === ordinal && (await tx.coupons.find(key.couponId)) !== undefined;
    if (!isKnown) refusals.push({ grantId: grantName(key), reason: 'unknownGrant' });
  }
  if (refusals.length > 0) refuseLock(orderId, refusals);
}

function refuseState(book: GrantBook, { orderId, grants }: LockCoupons, now: EpochMs): void {
  const refusals = grants.flatMap((key): LockRefusal[] => {
    const reason = stateRefusal(book, key, now);
    return reason === undefined ? [] : [{ grantId: grantName(key), reason }];
  });
  if (refusals.length > 0) refuseLock(orderId, refusals);
}

/** What each takes off, by the server's own sums. */
function pricedUses(book: GrantBook, { orderId, grants, price }: LockCoupons, now: EpochMs): readonly OrderUse[] {
  const held = grants.flatMap((key) => {
    const grant = book.grant(key);
    return grant === undefined ? [] : [{ grant, coupon: book.coupon(key.couponId) }];
  });
  const prices = price(held, now);
  const refusals: LockRefusal[] = [];
  const uses = grants.flatMap((key): OrderUse[] => {
    const found = prices.get(grantName(key));
    if (found?.refusal !== undefined) refusals.push({ grantId: grantName(key), reason: found.refusal });
    if (found?.discountMinor === undefined) return [];
    return [{ ...key, orderId, amountMinor: found.discountMinor }];
  });
  if (refusals.length > 0) refuseLock(orderId, refusals);
  assert(uses.length === grants.length, `every grant of order ${orderId} has its price`);
  return uses;
}

function stateRefusal(book: GrantBook, key: GrantKey, now: EpochMs): string | undefined {
  const grant = book.grant(key);
  if (grant === undefined) return 'unknownGrant';
  const coupon = book.coupon(key.couponId);
  const state = grantStateAt(grant, coupon, now);
  if (state !== 'available') return state;
  return now < validityOf(coupon, grant.grantedAt).validFrom ? 'notYetValid' : undefined;
}

/** Locks that are over, and that no timer has released yet, keep nobody from a budget. */
export async function freeBudgets(
  tx: CouponTx,
  book: GrantBook,
  uses: readonly OrderUse[],
  now: EpochMs,
): Promise<void> {
  const wanted = new Map<CouponId, bigint>();
  for (const { couponId, amountMinor } of uses) wanted.set(couponId, (wanted.get(couponId) ?? 0n) + amountMinor);
  for (const [couponId, amountMinor] of wanted) {
    const isShort = (): boolean => (book.freeMinor(couponId) ?? amountMinor) < amountMinor;
    for (let after: Grant | undefined; isShort();) {
      const over = await tx.grants.voidLocks(couponId, { now, after, limit: VOID_LOCKS_PER_STEP });
      await book.fetch(couponId, over);
      for (const grant of over) book.apply(grant, { kind: 'look' }, 'timer');
      after = over.at(-1);
      if (after === undefined || over.length < VOID_LOCKS_PER_STEP) break;
    }
  }
}

/** @throws DomainError `LOCK_REFUSED`. */
export function refuseLock(orderId: OrderId, refusals: readonly LockRefusal[]): never {
  const reasons = refusals.map(({ grantId, reason }) => `${grantId} (${reason})`).join(', ');
  throw new DomainError('LOCK_REFUSED', `Nothing was locked for order ${orderId}, because of ${reasons}.`, {
    orderId,
    refusals,
  });
}
