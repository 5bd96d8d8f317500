/**
 * Rebuilds from the journals of all coupons what each order has locked and what became of it, and compares it with what is
 * kept beside: what an order uses or has released (coupon_use), and what is known of the order (coupon_order).
 *
 * Moves may go on meanwhile: where an order differs, the journals of its coupons are read to their ends in the same
 * transaction, and it is compared again. Cost: a pass over all journals and orders for each `MAX_USES` uses.
 */
import type { CouponId, OrderId } from '../../core/ids.js';
import { grantName } from '../../coupon/grant/grant.js';
import {
  mayLock,
  NO_VERSION,
  ORDER_STATES,
  type CouponOrder,
  type OrderState,
  type OrderUse,
} from '../../coupon/order/coupon-order.js';
import type { AuditDifference } from './audit-difference.js';
import type { AuditRun, AuditTx } from './audit-run.js';
import { RebuiltOrders, type RebuiltOrder, type RebuiltUse, type UseFate } from './rebuilt-orders.js';

const ENTRIES_PER_SLICE = 500;
const ORDERS_PER_SLICE = 200;
const MAX_USES = 200_000;

export async function* auditOrders(run: AuditRun, maxUses = MAX_USES): AsyncGenerator<AuditDifference> {
  for (let from: OrderId | undefined; ;) {
    const rebuilt = new RebuiltOrders(from, maxUses);
    for (const id of await run.slice((tx) => tx.coupons.allIds())) {
      while (await run.slice((tx) => readMore(tx, id, rebuilt)));
    }
    yield* compareStored(run, rebuilt);
    if (rebuilt.until === undefined) return;
    from = rebuilt.until;
  }
}

/** True when there may be more. */
async function readMore(tx: AuditTx, id: CouponId, rebuilt: RebuiltOrders): Promise<boolean> {
  const after = rebuilt.positions.get(id) ?? 0;
  const entries = await tx.grants.journalAfter(id, { after, limit: ENTRIES_PER_SLICE });
  for (const entry of entries) rebuilt.add(entry);
  return entries.length === ENTRIES_PER_SLICE;
}

async function* compareStored(run: AuditRun, rebuilt: RebuiltOrders): AsyncGenerator<AuditDifference> {
  for (let after: OrderId | undefined; ;) {
    const slice = await run.slice(async (tx) => {
      const ids = await tx.couponOrders.idsAfter(after, ORDERS_PER_SLICE);
      return { ids, found: await compare(tx, rebuilt, ids) };
    });
    yield* slice.found;
    after = slice.ids.at(-1);
    if (slice.ids.length < ORDERS_PER_SLICE) break;
  }
  const unmet = [...rebuilt.orders.values()].filter(({ isMet }) => !isMet).map(({ orderId }) => orderId);
  while (unmet.length > 0) {
    const ids = unmet.splice(-ORDERS_PER_SLICE);
    yield* await run.slice((tx) => compare(tx, rebuilt, ids));
  }
}

/** What is kept of an order, as far as there is such. */
interface StoredOrder {
  readonly orderId: OrderId;
  readonly order: CouponOrder | undefined;
  readonly uses: readonly StoredUse[];
}

interface StoredUse extends OrderUse {
  readonly isReleased: boolean;
}

async function compare(
  tx: AuditTx,
  rebuilt: RebuiltOrders,
  ids: readonly OrderId[],
): Promise<readonly AuditDifference[]> {
  const stored = await readStored(
    tx,
    ids.filter((id) => rebuilt.isOfPass(id)),
  );
  for (const { orderId } of stored) {
    const order = rebuilt.orders.get(orderId);
    if (order !== undefined) order.isMet = true;
  }
  const differs = (each: StoredOrder): boolean =>
    rebuilt.isOfPass(each.orderId) && differencesOf(each, rebuilt.orders.get(each.orderId)).length > 0;
  const suspects = stored.filter(differs);
  for (const id of couponsOf(suspects, rebuilt)) while (await readMore(tx, id, rebuilt));
  return suspects.filter(differs).flatMap((each) => differencesOf(each, rebuilt.orders.get(each.orderId)));
}

async function readStored(tx: AuditTx, ids: readonly OrderId[]): Promise<readonly StoredOrder[]> {
  if (ids.length === 0) return [];
  const orders = new Map((await tx.couponOrders.findAll(ids)).map((order) => [order.orderId, order]));
  const uses = new Map<OrderId, StoredUse[]>(ids.map((id) => [id, []]));
  for (const use of await tx.couponOrders.usesOf(ids)) uses.get(use.orderId)?.push({ ...use, isReleased: false });
  for (const use of await tx.couponOrders.releasedUsesOf(ids))
    uses.get(use.orderId)?.push({ ...use, isReleased: true });
  return ids.map((orderId) => ({ orderId, order: orders.get(orderId), uses: uses.get(orderId) ?? [] }));
}

function couponsOf(suspects: readonly StoredOrder[], rebuilt: RebuiltOrders): ReadonlySet<CouponId> {
  const told = suspects.flatMap(({ orderId }) => [...(rebuilt.orders.get(orderId)?.uses.values() ?? [])]);
  return new Set([...suspects.flatMap(({ uses }) => uses), ...told].map(({ couponId }) => couponId));
}

function differencesOf(stored: StoredOrder, rebuilt: RebuiltOrder | undefined): readonly AuditDifference[] {
  const told = rebuilt?.uses ?? new Map<string, RebuiltUse>();
  return [...useDifferences(stored, told), ...orderDifferences(stored, [...told.values()])];
}

function* useDifferences(
  { orderId, order, uses }: StoredOrder,
  told: ReadonlyMap<string, RebuiltUse>,
): Generator<AuditDifference> {
  const stored = new Map(uses.map((use) => [grantName(use), use]));
  const lastLockedAt = lastLockOf([...told.values()]);
  for (const name of new Set([...told.keys(), ...stored.keys()])) {
    const rebuilt = told.get(name);
    const use = stored.get(name);
    const expected =
      rebuilt === undefined
        ? 'none'
        : useText(rebuilt.amountMinor, isReleased(rebuilt, { lastLockedAt, isBare: order?.request === undefined }));
    const found = use === undefined ? 'none' : useText(use.amountMinor, use.isReleased);
    if (found !== expected) {
      yield { kind: 'coupon.use', what: `use of grant ${name} by order ${orderId}`, expected, found };
    }
  }
}

const useText = (amountMinor: bigint, isOver: boolean): string => `for ${amountMinor}${isOver ? ', released' : ''}`;

/** When the order last locked what it did not release by itself. */
const lastLockOf = (uses: readonly RebuiltUse[]): number =>
  Math.max(-Infinity, ...uses.filter(({ isUnlocked }) => !isUnlocked).map(({ lockedAt }) => lockedAt));

/** Unlocked, replaced by a later lock, or let go when its lock was over already: then the order has no basket any more. */
const isReleased = (
  { isUnlocked, lockedAt, fate }: RebuiltUse,
  { lastLockedAt, isBare }: { readonly lastLockedAt: number; readonly isBare: boolean },
): boolean => isUnlocked || lockedAt < lastLockedAt || (isBare && (fate === 'over' || fate === 'refused'));

/** What an order can be that uses a grant of which that became. */
const STATES: Readonly<Record<UseFate, readonly OrderState[]>> = {
  locked: ['open', 'created'],
  over: ['open', 'created', 'cancelled', 'refunded'],
  paid: ['paid'],
  refused: ['cancelled', 'paid', 'refunded'],
  givenBack: ['cancelled', 'refunded'],
};
/** By which the order was paid, at some time. */
const PAID: ReadonlySet<UseFate> = new Set<UseFate>(['paid', 'refused', 'givenBack']);

function* orderDifferences(
  { orderId, order, uses }: StoredOrder,
  told: readonly RebuiltUse[],
): Generator<AuditDifference> {
  const difference = (part: string, expected: string, found: string): AuditDifference => ({
    kind: 'coupon.order',
    what: `${part} of order ${orderId}`,
    expected,
    found,
  });
  if (order === undefined) {
    yield difference('the row', 'one', 'none');
    return;
  }
  const { ordinal, state, version, wasPaid, lockEndsAt, forgetAt } = order;
  const owners = [...new Set(told.map((use) => use.ordinal))];
  if (ordinal === undefined ? owners.length > 0 : !owners.includes(ordinal)) {
    yield difference('the member', owners.join(' or ') || 'nobody', String(ordinal ?? 'nobody'));
  }
  const active = new Set(uses.filter((use) => !use.isReleased).map(grantName));
  const held = told.filter((use) => active.has(grantName(use)));
  const states = held.reduce<readonly OrderState[]>(
    (left, { fate }) => left.filter((each) => STATES[fate].includes(each)),
    ORDER_STATES,
  );
  if (!states.includes(state)) yield difference('the state', states.join(' or '), state);
  if ((state === 'open') !== (version === NO_VERSION)) {
    yield difference('the version', state === 'open' ? 'none' : 'one', String(version));
  }
  const wasSurelyPaid = state === 'paid' || state === 'refunded' || told.some(({ fate }) => PAID.has(fate));
  if (wasSurelyPaid && !wasPaid) yield difference('the payment', 'one', 'none');
  const locked = held.find(({ fate }) => fate === 'locked');
  const last = held.find(({ lockedAt }) => lockedAt === lastLockOf(told));
  const end = (locked ?? (mayLock(order) && lockEndsAt !== undefined ? last : undefined))?.lockEndsAt;
  if (lockEndsAt !== end) yield difference('the end of the lock', String(end ?? 'none'), String(lockEndsAt ?? 'none'));
  if ((forgetAt === undefined) !== (ordinal !== undefined)) {
    const wanted = ordinal === undefined ? 'one' : 'none';
    yield difference('the time to forget it', wanted, String(forgetAt ?? 'none'));
  }
}
