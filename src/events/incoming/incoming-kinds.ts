/**
 * What a shop can tell: a table of kinds, each with the fields that a message must give, their schema and the effect.
 * A new kind is a new entry; mapping, consumer, HTTP, configuration and documents follow the table.
 *
 * An effect can be had again, by a repeated message or in another order, without becoming another: it is acknowledged
 * after the transaction that has it, and a crash between the two brings the message again.
 */
import * as z from 'zod';
import { isDomainError } from '../../core/errors.js';
import { ordinal, type OrderId, type Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { OrderNews, OrderNewsKind } from '../../coupon/order/coupon-order.js';
import { parseGrantName, type GrantKey } from '../../coupon/grant/grant.js';
import { MAX_GRANTS_PER_ORDER } from '../../coupon/order/lock-coupons.js';
import { readOrderId } from '../../coupon/order/read-order-id.js';
import type { NewsOutcome } from '../../coupon/order/tell-orders.js';
import { invalidField } from '../../membership/invalid-field.js';
import type { MembersTx } from '../../membership/members-tx.js';
import { readInstant, readMemberId, readWhole } from '../../membership/read-member.js';
import { renewActivity } from '../../membership/renew-activity.js';

/** What effects of incoming events need of a transaction. */
export type IncomingTx = Pick<MembersTx, 'members'>;

/** What became of a message that fits. */
export const INCOMING_OUTCOMES = ['applied', 'unchanged', 'unknownMember', 'conflict'] as const;
export type IncomingOutcome = (typeof INCOMING_OUTCOMES)[number];

export interface ReceivedEvent<Fields> {
  readonly fields: Fields;
  /** When the message was sent, as the queue says; when it came, over HTTP. */
  readonly sentAt: EpochMs;
}

/** What an event leads to in other features, inside its transaction. */
export interface IncomingContext {
  readonly now: EpochMs;
  /** These members have logged in, perhaps not for the first time. */
  readonly loggedIn: (ordinals: readonly Ordinal[]) => Promise<void>;
  /** This was told of orders, perhaps late and not for the first time; answers for each. */
  readonly ordersTold: (news: readonly OrderNews[]) => Promise<readonly NewsOutcome[]>;
}

/** A kind as its users see it: fields are checked by `schema` before they come to `apply`. */
export interface IncomingKind {
  readonly summary: string;
  readonly effect: string;
  readonly schema: z.ZodObject<Readonly<Record<string, z.ZodType>>>;
  readonly example: Readonly<Record<string, unknown>>;
  /** Answers for each event in the order given. */
  apply(
    tx: IncomingTx,
    events: readonly ReceivedEvent<Readonly<Record<string, unknown>>>[],
    context: IncomingContext,
  ): Promise<readonly IncomingOutcome[]>;
}

function kind<Shape extends Readonly<Record<string, z.ZodType>>>(definition: {
  readonly summary: string;
  readonly effect: string;
  readonly schema: z.ZodObject<Shape>;
  readonly example: Readonly<Record<string, unknown>>;
  apply(
    tx: IncomingTx,
    events: readonly ReceivedEvent<z.output<z.ZodObject<Shape>>>[],
    context: IncomingContext,
  ): Promise<readonly IncomingOutcome[]>;
}): IncomingKind {
  return definition; // fields reach `apply` only as its own `schema` put them out
}

/** A field as text or number, read by the reader that imports and requests use; `expected` is said when it refuses. */
const field = <Value>(expected: string, read: (value: unknown) => Value) =>
  z
    .union([z.string(), z.number()], { error: expected })
    .transform((value, context): Value => {
      try {
        return read(value);
      } catch (error) {
        if (!isDomainError(error, 'INVALID_INPUT')) throw error;
        context.addIssue({ code: 'custom', message: expected });
        return z.NEVER;
      }
    })
    .describe(expected);

const memberIdField = field("the shop's own key of a member: 1 to 128 visible characters, or a whole number", (value) =>
  readMemberId(value),
);

/** Numbers before 1973 are somebody's seconds. */
const LEAST_MS = 100_000_000_000;

const instantField = field(
  'a time with its offset, such as 2027-06-01T08:00:00+08:00, or UTC milliseconds',
  (value) => {
    const instant = readInstant('at', value);
    if (instant === null || (typeof value === 'number' && value < LEAST_MS)) {
      throw invalidField('at', 'must be in milliseconds');
    }
    return instant;
  },
);

const orderFields = {
  orderId: field("the shop's own key of an order: 1 to 128 visible characters, or a whole number", readOrderId),
  version: field(
    'a whole number that rises with each change of the order, such as its version or the milliseconds of the change; given in all news that an order was paid, cancelled or refunded, or in none: what cannot be compared has no effect, and the answer is `conflict`',
    (value) => readWhole('version', value, Number.MAX_SAFE_INTEGER),
  ).optional(),
};

const GRANTS_EXPECTED = 'a list of grants such as 5-1204-1, or text with commas between them';

/** Grants that an order uses, as a list or as text. */
const grantIdsField = z
  .union([z.string(), z.array(z.string())], { error: GRANTS_EXPECTED })
  .transform((value, context): readonly GrantKey[] => {
    const names = typeof value === 'string' ? value.split(',') : value;
    const keys = names.map((name) => parseGrantName(name.trim())).filter((key) => key !== undefined);
    if (keys.length === names.length && keys.length <= MAX_GRANTS_PER_ORDER) return keys;
    context.addIssue({ code: 'custom', message: GRANTS_EXPECTED });
    return z.NEVER;
  })
  .describe(GRANTS_EXPECTED);

/** News of one order: kind and fields, without the time. */
const orderNews = (
  kind: OrderNewsKind,
  events: readonly ReceivedEvent<{
    readonly orderId: OrderId;
    readonly version?: number | undefined;
    readonly grantIds?: readonly GrantKey[] | undefined;
  }>[],
): readonly OrderNews[] =>
  events.map(({ fields: { orderId, version, grantIds } }) => ({ kind, orderId, version, grants: grantIds }));

export const INCOMING_KINDS = {
  'member.loggedIn': kind({
    summary: 'A member logged in.',
    effect:
      "The member's `lastActiveAt` moves forward to that moment, never back. A moment that lies ahead counts as when the message was sent. " +
      'Every coupon that the platform gives and that is due to the member is granted, once.',
    schema: z.strictObject({ memberId: memberIdField, at: instantField.optional() }),
    example: { memberId: '7', at: '2027-06-01T08:00:00+08:00' },
    apply: async (tx, events, { now, loggedIn }) => {
      const activities = events.map(({ fields, sentAt }) => ({
        memberId: fields.memberId,
        at: fields.at === undefined || fields.at > sentAt ? sentAt : fields.at,
      }));
      const renewed = await renewActivity(tx, activities, now);
      await loggedIn(renewed.flatMap((each) => (each.ordinal === undefined ? [] : ordinal(each.ordinal))));
      return renewed.map(({ outcome }) => (outcome === 'renewed' ? 'applied' : outcome));
    },
  }),
  'order.created': kind({
    summary: 'An order was placed.',
    effect:
      'Confirms what the order has locked by `POST /v1/locks`; news alone locks nothing. Where it names grants that the ' +
      'order does not hold, the answer is `conflict`. An order that was paid, cancelled or refunded stays so, whatever ' +
      'the version of this.',
    schema: z.strictObject({ ...orderFields, grantIds: grantIdsField.optional() }),
    example: { orderId: 'o-7710', version: 1, grantIds: ['5-1204-1'] },
    apply: (_tx, events, { ordersTold }) => ordersTold(orderNews('created', events)),
  }),
  'order.paid': kind({
    summary: 'An order was paid.',
    effect:
      'What it has locked is redeemed. If its lock had ended, what is still free is redeemed all the same, late; what ' +
      'is not stays where it is, `coupon.conflict` goes out with the amount, and the answer is `conflict`. So it does ' +
      'for each grant that it names and that the order does not use, or has released.',
    schema: z.strictObject({ ...orderFields, grantIds: grantIdsField.optional() }),
    example: { orderId: 'o-7710', version: 2, grantIds: ['5-1204-1'] },
    apply: (_tx, events, { ordersTold }) => ordersTold(orderNews('paid', events)),
  }),
  'order.cancelled': kind({
    summary: 'An order was cancelled.',
    effect:
      'What it has locked is available again, and it locks nothing more. Of an order that was paid before, each coupon ' +
      'is given back by its own rule for refunds. A cancel that is older than the payment changes nothing.',
    schema: z.strictObject(orderFields),
    example: { orderId: 'o-7710', version: 3 },
    apply: (_tx, events, { ordersTold }) => ordersTold(orderNews('cancelled', events)),
  }),
  'order.refunded': kind({
    summary: 'The money of an order was given back.',
    effect: 'Each of its coupons is given back by its own rule for refunds: available again, or expired.',
    schema: z.strictObject(orderFields),
    example: { orderId: 'o-7710', version: 4 },
    apply: (_tx, events, { ordersTold }) => ordersTold(orderNews('refunded', events)),
  }),
} as const satisfies Readonly<Record<string, IncomingKind>>;

export type IncomingKindName = keyof typeof INCOMING_KINDS;
export const INCOMING_KIND_NAMES = Object.keys(INCOMING_KINDS) as readonly IncomingKindName[]; // the keys of a const object

/** The fields of a kind, and whether a message may leave them out. */
export const fieldsOfKind = (
  name: IncomingKindName,
): readonly { readonly name: string; readonly isOptional: boolean }[] =>
  Object.entries(INCOMING_KINDS[name].schema.shape).map(([field, schema]) => ({
    name: field,
    isOptional: schema.safeParse(undefined).success,
  }));
