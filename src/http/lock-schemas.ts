/** Locks, grants by themselves and the journal, as they cross the HTTP edge. */
import { z } from 'zod';
import { formatInstant, type EpochMs } from '../core/time.js';
import { ORDER_STATES, NO_VERSION } from '../coupon/order/coupon-order.js';
import type { Coupon } from '../coupon/coupon.js';
import { GRANT_MOVE_NAMES, MOVE_CAUSES } from '../coupon/grant/grant-moves.js';
import { grantName, type Grant } from '../coupon/grant/grant.js';
import type { JournalEntry } from '../coupon/grant/grant-repository.js';
import { GRANT_STATES, grantStateAt } from '../coupon/grant/grant-state.js';
import { DEFAULT_LOCK_MS, MAX_GRANTS_PER_ORDER, MAX_LOCK_MS, MIN_LOCK_MS } from '../coupon/order/lock-coupons.js';
import { HOLDINGS, type OrderView } from '../coupon/order/order-view.js';
import { MAX_ORDER_ID_CHARACTERS } from '../coupon/order/read-order-id.js';
import { grantOutput, renderGrant } from './coupon-schemas.js';
import { basketBody } from './quote-schemas.js';
import { amountOutput, idOutput, instantOutput } from './schemas.js';

export const orderIdText = z.string().min(1).max(MAX_ORDER_ID_CHARACTERS).describe("The shop's own key of the order");

export const lockBody = basketBody.extend({
  orderId: orderIdText,
  memberId: z.string().min(1).max(128).describe('Whose order and whose coupons'),
  grantIds: z.array(z.string().max(60)).min(1).max(MAX_GRANTS_PER_ORDER).describe('All of them are locked, or none'),
  lockSeconds: z
    .int()
    .min(MIN_LOCK_MS / 1_000)
    .max(MAX_LOCK_MS / 1_000)
    .default(DEFAULT_LOCK_MS / 1_000)
    .describe('How long the lock holds if nothing is heard of the order'),
});

export const orderOutput = z
  .object({
    orderId: z.string(),
    memberId: z.string().nullable().describe('null before the order locks anything, and once the member is gone'),
    state: z.enum(ORDER_STATES).describe('As far as was told'),
    version: z.int().nonnegative().nullable().describe('Of the news that its state comes from; null before any'),
    lockEndsAt: instantOutput.nullable().describe('First instant at which its lock is void; null where none holds'),
    discountMinor: amountOutput.describe('Of what it holds'),
    grants: z.array(
      z.object({
        grantId: z.string(),
        couponId: idOutput,
        discountMinor: amountOutput,
        holding: z.enum(HOLDINGS).describe('What the order has of it now'),
      }),
    ),
  })
  .meta({ id: 'CouponOrder' });

export const renderOrder = (
  { order, uses, lockEndsAt, discountMinor }: OrderView,
  memberId: string | undefined,
): z.output<typeof orderOutput> => ({
  orderId: order.orderId,
  memberId: memberId ?? null,
  state: order.state,
  version: order.version === NO_VERSION ? null : order.version,
  lockEndsAt: lockEndsAt === undefined ? null : formatInstant(lockEndsAt),
  discountMinor: discountMinor.toString(),
  grants: uses.map(({ use, holding }) => ({
    grantId: grantName(use),
    couponId: use.couponId,
    discountMinor: use.amountMinor.toString(),
    holding,
  })),
});

export const heldGrantOutput = grantOutput
  .extend({
    memberId: z.string().nullable().describe('null once the member is gone'),
    state: z.enum(GRANT_STATES).describe('As the clock has it'),
    orderId: z.string().nullable().describe('The order that has it locked or redeemed'),
    discountMinor: amountOutput.nullable().describe('What it takes off that order'),
    lockEndsAt: instantOutput.nullable(),
  })
  .meta({ id: 'HeldGrant' });

export function renderHeldGrant(
  { grant, coupon }: { readonly grant: Grant; readonly coupon: Coupon },
  { memberId, now }: { readonly memberId: string | undefined; readonly now: EpochMs },
): z.output<typeof heldGrantOutput> {
  const state = grantStateAt(grant, coupon, now);
  const use = state === 'locked' || state === 'redeemed' ? grant.use : undefined;
  return {
    ...renderGrant(grant, coupon),
    memberId: memberId ?? null,
    state,
    orderId: use?.orderId ?? null,
    discountMinor: use?.amountMinor.toString() ?? null,
    lockEndsAt: use?.lockEndsAt === undefined ? null : formatInstant(use.lockEndsAt),
  };
}

export const journalEntryOutput = z
  .object({
    position: z.int().positive(),
    grantId: z.string(),
    move: z.enum([...GRANT_MOVE_NAMES, 'conflict']),
    why: z.enum(MOVE_CAUSES).nullable(),
    orderId: z.string().nullable(),
    amountMinor: amountOutput.nullable(),
    lockEndsAt: instantOutput.nullable().describe('Of a lock: when it ends'),
    actor: z.string().describe('Who did it'),
    at: instantOutput,
  })
  .meta({ id: 'JournalEntry' });

export const renderJournalEntry = (
  entry: JournalEntry & { readonly position: number },
): z.output<typeof journalEntryOutput> => ({
  position: entry.position,
  grantId: grantName(entry),
  move: entry.move,
  why: entry.why ?? null,
  orderId: entry.orderId ?? null,
  amountMinor: entry.amountMinor?.toString() ?? null,
  lockEndsAt: entry.lockEndsAt === undefined ? null : formatInstant(entry.lockEndsAt),
  actor: entry.actor,
  at: formatInstant(entry.at),
});
