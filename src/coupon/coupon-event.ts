import type { CouponId, IssueRunId, OrderId } from '../core/ids.js';
import type { OutboxEvent } from '../core/ports/outbox.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import { assertNever } from '../core/assert.js';
import { TOPICS, type Topic } from '../core/topics.js';
import { revokedCount, type Coupon } from './coupon.js';
import { GRANT_MOVES, type MadeMove } from './grant/grant-moves.js';
import { grantStateAt } from './grant/grant-state.js';
import { grantName, type Grant, type GrantKey } from './grant/grant.js';

/** An event of the template; those of one coupon keep their order. */
export const couponEvent = (
  topic: Topic,
  coupon: Pick<Coupon, 'id' | 'version' | 'promotionId'>,
  at: EpochMs,
): OutboxEvent => ({
  topic,
  key: couponEventKey(coupon.id),
  body: {
    couponId: coupon.id,
    version: coupon.version,
    promotionId: coupon.promotionId ?? null,
    at: formatInstant(at),
  },
});

export const couponEventKey = (id: CouponId): string => `coupon/${id}`;

/** An event of one grant; those of one grant keep their order. */
export const grantEvent = (topic: Topic, key: GrantKey, at: EpochMs): OutboxEvent => ({
  topic,
  key: `grant/${grantName(key)}`,
  body: { grantId: grantName(key), couponId: key.couponId, at: formatInstant(at) },
});

/** What tells others of a move of this grant. */
export function moveEvent(grant: Grant, coupon: Coupon, { move, why, use }: MadeMove, at: EpochMs): OutboxEvent {
  const event = grantEvent(topicOf(move), grant, at);
  const ofOrder = use && { orderId: use.orderId, amountMinor: use.amountMinor.toString() };
  switch (move) {
    case 'locked': {
      const lockEndsAt = use?.lockEndsAt === undefined ? null : formatInstant(use.lockEndsAt);
      return { ...event, body: { ...event.body, ...ofOrder, lockEndsAt } };
    }
    case 'redeemed':
    case 'paidLate':
    case 'paidAgain':
      return { ...event, body: { ...event.body, ...ofOrder, isLate: move !== 'redeemed' } };
    case 'released':
    case 'returned':
    case 'forfeited': {
      // Nobody's from here on, but also over or taken back, perhaps, while an order held it.
      const becomes = grantStateAt({ ...grant, state: GRANT_MOVES[move].to, use: undefined }, coupon, at);
      return { ...event, body: { ...event.body, ...ofOrder, why, becomes } };
    }
    case 'granted':
    case 'revoked':
      return event;
    default:
      return assertNever(move);
  }
}

function topicOf(move: MadeMove['move']): Topic {
  switch (move) {
    case 'granted':
      return TOPICS.couponGranted;
    case 'locked':
      return TOPICS.couponLocked;
    case 'redeemed':
    case 'paidLate':
    case 'paidAgain':
      return TOPICS.couponRedeemed;
    case 'released':
    case 'returned':
    case 'forfeited':
      return TOPICS.couponReleased;
    case 'revoked':
      return TOPICS.couponRevoked;
    default:
      return assertNever(move);
  }
}

/** An order was paid for with a grant that it could not have: its shop has given a discount that no coupon stands for. */
export function conflictEvent(
  key: GrantKey,
  told: {
    readonly orderId: OrderId;
    readonly amountMinor: bigint | undefined;
    readonly by: string;
    readonly holder: OrderId | undefined;
    readonly at: EpochMs;
  },
): OutboxEvent {
  const event = grantEvent(TOPICS.couponConflict, key, told.at);
  const { orderId, amountMinor, by, holder } = told;
  return {
    ...event,
    body: { ...event.body, orderId, amountMinor: amountMinor?.toString() ?? null, reason: by, heldBy: holder ?? null },
  };
}

/** So many grants, given to many at once: one event a slice. */
export const issuedEvent = (
  coupon: Pick<Coupon, 'id'>,
  { runId, members, at }: { readonly runId: IssueRunId; readonly members: number; readonly at: EpochMs },
): OutboxEvent => ({
  topic: TOPICS.couponIssued,
  key: couponEventKey(coupon.id),
  body: { couponId: coupon.id, runId, members, at: formatInstant(at) },
});

/** What a recall took back, and what it left to orders. */
export const recalledEvent = (coupon: Coupon, at: EpochMs): OutboxEvent => ({
  topic: TOPICS.couponRecalled,
  key: couponEventKey(coupon.id),
  body: {
    couponId: coupon.id,
    version: coupon.version,
    revoked: revokedCount(coupon),
    locked: coupon.counts.locked,
    redeemed: coupon.counts.redeemed,
    at: formatInstant(at),
  },
});
