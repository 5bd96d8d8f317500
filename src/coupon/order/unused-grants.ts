/**
 * Grants that an order says it was paid with and does not use, or not any more: its lock was released, or another took
 * its place, or there never was one. Its shop has given discounts that no coupon stands for, and is told of each.
 */
import type { CouponId, OrderId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { OrderNews, OrderUse } from './coupon-order.js';
import type { CouponTx } from '../coupon-repository.js';
import type { GrantBook } from '../grant/grant-book.js';
import { isVoidLock } from '../grant/grant-moves.js';
import { grantName, type Grant, type GrantKey } from '../grant/grant.js';
import { findGrant } from '../grant/held-grants.js';

interface NamedGrant extends GrantKey {
  readonly orderId: OrderId;
}

/** By order and grant: the grant as it stands, and the discount that the order last locked it for. */
export type UnusedGrants = ReadonlyMap<string, { readonly grant: Grant; readonly amountMinor: bigint | undefined }>;

const nameOf = (named: NamedGrant): string => `${grantName(named)}/${named.orderId}`;

/** Those that payments name beside what their orders use. */
export function namedUnused(news: readonly OrderNews[], uses: readonly OrderUse[]): readonly NamedGrant[] {
  const used = new Set(uses.map(nameOf));
  return news
    .filter(({ kind }) => kind === 'paid')
    .flatMap(({ orderId, grants = [] }) => grants.map((key): NamedGrant => ({ ...key, orderId })))
    .filter((named) => !used.has(nameOf(named)));
}

/** Their coupons, as far as there are such. */
export async function couponsOf(tx: CouponTx, named: readonly GrantKey[]): Promise<readonly CouponId[]> {
  const known: CouponId[] = [];
  for (const id of new Set(named.map(({ couponId }) => couponId))) {
    if ((await tx.coupons.find(id)) !== undefined) known.push(id);
  }
  return known;
}

/** Those that exist, of coupons that this transaction has locked; none of them is moved. */
export async function readUnused(tx: CouponTx, named: readonly NamedGrant[]): Promise<UnusedGrants> {
  if (named.length === 0) return new Map();
  const released = await tx.couponOrders.releasedUsesOf([...new Set(named.map(({ orderId }) => orderId))]);
  const amounts = new Map(released.map((use) => [nameOf(use), use.amountMinor]));
  const unused = new Map<string, { grant: Grant; amountMinor: bigint | undefined }>();
  for (const each of named) {
    const grant = await findGrant(tx, each);
    if (grant !== undefined) unused.set(nameOf(each), { grant, amountMinor: amounts.get(nameOf(each)) });
  }
  return unused;
}

/** Tells of each that this payment names. */
export function tellUnused(
  book: GrantBook,
  { orderId, grants = [] }: OrderNews,
  { unused, now, actor }: { readonly unused: UnusedGrants; readonly now: EpochMs; readonly actor: string },
): void {
  for (const name of new Set(grants.map((key) => nameOf({ ...key, orderId })))) {
    const found = unused.get(name);
    if (found === undefined) continue;
    const grant = book.grant(found.grant) ?? found.grant; // as this very transaction has moved it
    const isFree = grant.state === 'available' || isVoidLock(grant, now);
    const isRecalled = book.coupon(grant.couponId).recalledAt !== undefined;
    const by = isFree ? (isRecalled ? 'revoked' : 'available') : grant.state;
    const holder = isFree ? undefined : grant.use?.orderId;
    book.conflict(grant, { orderId, amountMinor: found.amountMinor, by, holder }, actor);
  }
}
