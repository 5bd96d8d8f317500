/**
 * What is known of an order, as far as coupons are concerned, and what news of it means for the grants that it locked.
 * Pure.
 *
 * News carries the order's version. The newest that ends the order (cancelled, paid, refunded) decides what it is; what is
 * older or doubled is remembered only as far as it tells something new: that the order was paid once. So the same news in
 * any order, any number of times, leaves the order the same. Of two of one version the one further to the right counts as
 * newer:
 *
 *   open ─► created ─► cancelled ─► paid ─► refunded
 *
 * `created` decides nothing: whatever its version, it takes nothing from an order that has ended, and keeps nothing back.
 *
 * An order system without versions leaves them out: then that row is the version, and no cancel comes after a payment.
 *
 *   paid                        its grants are redeemed: from their lock, or late while nobody else holds them
 *   cancelled, never paid       its locks are released
 *   refunded, or cancelled      its grants are given back by the rule of each coupon
 *     after it was paid
 */
import type { OrderId, Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { RefundRule } from '../coupon.js';
import type { GrantSignal } from '../grant/grant-moves.js';
import type { GrantKey } from '../grant/grant.js';

/** In the order in which they count as newer. */
export const ORDER_STATES = ['open', 'created', 'cancelled', 'paid', 'refunded'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** What an order system tells. */
export type OrderNewsKind = Exclude<OrderState, 'open'>;

/** No news of the order has come. */
export const NO_VERSION = -1;

export interface CouponOrder {
  readonly orderId: OrderId;
  /** Whose it is; undefined before it locks anything. */
  readonly ordinal: Ordinal | undefined;
  readonly state: OrderState;
  /** Of the news that decided the state, or `NO_VERSION`. */
  readonly version: number;
  /** Any news said that it was paid. */
  readonly wasPaid: boolean;
  /** Whether news that ended it gave its version; undefined before any. */
  readonly hasVersions: boolean | undefined;
  /** What its lock is recognised by when it is asked for again. */
  readonly request: Uint8Array | undefined;
  /** When its lock ends; undefined when no timer is needed (any more). */
  readonly lockEndsAt: EpochMs | undefined;
  /** When an order that never locked anything is forgotten. */
  readonly forgetAt: EpochMs | undefined;
}

/** A grant that an order has locked and not released of its own will, whatever became of the lock since. */
export interface OrderUse extends GrantKey {
  readonly orderId: OrderId;
  readonly amountMinor: bigint;
}

export interface OrderNews {
  readonly kind: OrderNewsKind;
  readonly orderId: OrderId;
  /** Undefined where the order system has none. */
  readonly version: number | undefined;
  /** Grants that it says the order uses; undefined where it does not say. */
  readonly grants: readonly GrantKey[] | undefined;
}

/** What is to be done with each grant of the order, one after the other. */
export type OrderStep = 'pay' | 'release' | 'giveBack';

export interface NewsDecision {
  readonly order: CouponOrder;
  readonly steps: readonly OrderStep[];
  /**
   * `known`: all of it was. `incomparable`: it has a version where other news of the order has none, or the other way
   * round, so that nobody can say which is newer.
   */
  readonly verdict: 'news' | 'known' | 'incomparable';
}

export const blankOrder = (orderId: OrderId): CouponOrder => ({
  orderId,
  ordinal: undefined,
  state: 'open',
  version: NO_VERSION,
  wasPaid: false,
  hasVersions: undefined,
  request: undefined,
  lockEndsAt: undefined,
  forgetAt: undefined,
});

/** Whether the order may lock coupons: one that was paid or ended uses what it has, or nothing. */
export const mayLock = ({ state, wasPaid }: Pick<CouponOrder, 'state' | 'wasPaid'>): boolean =>
  !wasPaid && !isEnding(state);

const isEnding = (state: OrderState): boolean => state !== 'open' && state !== 'created';

export function decideNews(before: CouponOrder, { kind, version: given }: OrderNews): NewsDecision {
  const version = given ?? rankOf(kind);
  const hasVersions = isEnding(kind) ? given !== undefined : before.hasVersions;
  if (before.hasVersions !== undefined && before.hasVersions !== hasVersions) {
    return { order: before, steps: [], verdict: 'incomparable' };
  }
  const order = { ...before, hasVersions };
  const tellsOfPayment = kind === 'paid' || kind === 'refunded';
  const wasPaid = order.wasPaid || tellsOfPayment;
  if (isNewer(order, kind, version)) {
    return {
      order: { ...order, state: kind, version, wasPaid },
      steps: stepsTo(kind, { isPaymentKnown: order.wasPaid, tellsOfPayment }),
      verdict: 'news',
    };
  }
  if (wasPaid === order.wasPaid) return { order: before, steps: [], verdict: 'known' };
  // Older, and the first to say that it was paid: what the newest leads to is done again, with the payment before it.
  const isEnded = order.state === 'cancelled' || order.state === 'refunded';
  return {
    order: { ...order, wasPaid },
    steps: isEnded || kind === 'refunded' ? ['pay', 'giveBack'] : ['pay'],
    verdict: 'news',
  };
}

/** The one thing that decides whether news is late, or was heard before. */
function isNewer(order: CouponOrder, kind: OrderNewsKind, version: number): boolean {
  if (isEnding(kind) !== isEnding(order.state)) return isEnding(kind);
  return version > order.version || (version === order.version && rankOf(kind) > rankOf(order.state));
}

const rankOf = (state: OrderState): number => ORDER_STATES.indexOf(state);

function stepsTo(
  kind: OrderNewsKind,
  { isPaymentKnown, tellsOfPayment }: { readonly isPaymentKnown: boolean; readonly tellsOfPayment: boolean },
): readonly OrderStep[] {
  if (kind === 'created') return [];
  if (kind === 'paid') return ['pay'];
  if (isPaymentKnown) return ['giveBack'];
  return tellsOfPayment ? ['pay', 'giveBack'] : ['release'];
}

/** What a step means for a grant that the order has locked once. */
export function signalOf(
  step: OrderStep,
  { orderId, amountMinor }: Pick<OrderUse, 'orderId' | 'amountMinor'>,
  { kind, afterRefund }: { readonly kind: OrderNewsKind; readonly afterRefund: RefundRule },
): GrantSignal {
  switch (step) {
    case 'pay':
      return { kind: 'pay', orderId, amountMinor };
    case 'release':
      return { kind: 'release', orderId, why: 'cancelled' };
    case 'giveBack': {
      const why = kind === 'refunded' ? 'refunded' : 'cancelled';
      return { kind: afterRefund === 'available' ? 'return' : 'forfeit', orderId, why };
    }
  }
}
