/**
 * What a shop can tell: a table of kinds, each with the fields that a message must give, their schema and the effect.
 * A new kind is a new entry; mapping, consumer, HTTP, configuration and documents follow the table.
 *
 * An effect can be had again, by a repeated message or in another order, without becoming another: it is acknowledged
 * after the transaction that has it, and a crash between the two brings the message again.
 */
import * as z from 'zod';
import { isDomainError } from '../../core/errors.js';
import { ordinal, type Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import { invalidField } from '../../membership/invalid-field.js';
import type { MembersTx } from '../../membership/members-tx.js';
import { readInstant, readMemberId } from '../../membership/read-member.js';
import { renewActivity } from '../../membership/renew-activity.js';

/** What effects of incoming events need of a transaction. */
export type IncomingTx = Pick<MembersTx, 'members'>;

/** What became of a message that fits. */
export const INCOMING_OUTCOMES = ['applied', 'unchanged', 'unknownMember'] as const;
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
      const outcomes = await renewActivity(tx, activities, now);
      const ordinals = await tx.members.findOrdinals(activities.map(({ memberId }) => memberId));
      await loggedIn(ordinals.filter((each) => each !== undefined).map(ordinal));
      return outcomes.map((outcome) => (outcome === 'renewed' ? 'applied' : outcome));
    },
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
