/**
 * The contract of every event that leaves: when it is sent, and its body field by field. The one source of the JSON
 * Schemas in docs/events, of the AsyncAPI document and of the tables in docs/EVENTS.md; tests hold what the program
 * really appends against it. A body may grow optional fields; none ever goes or changes its meaning.
 */
import * as z from 'zod';
import { CAMPAIGN_PAUSE_REASONS } from '../campaign/campaign.js';
import type { Topic } from '../core/topics.js';
import { MOVE_CAUSES } from '../coupon/grant/grant-moves.js';
import { STORED_GRANT_STATES } from '../coupon/grant/grant.js';

export interface OutgoingEvent {
  /** One line for people. */
  readonly summary: string;
  /** The moment that it tells of; it commits with that moment. */
  readonly sentWhen: string;
  /** Events of one key keep their order. */
  readonly key: string;
  /** Strict, so that a field nobody documented is seen. */
  readonly body: z.ZodObject;
  readonly example: Readonly<Record<string, string | number | boolean | null>>;
}

const idOf = (what: string) => z.int().positive().describe(what);
const instant = (what: string) => z.iso.datetime({ precision: 3 }).describe(`${what}: RFC 3339, UTC, milliseconds`);

const promotionBody = z.strictObject({
  promotionId: idOf('The promotion'),
  version: z.int().positive().describe('Counts its changes, from 1'),
  campaignId: idOf('The campaign that announces it; null where none was asked for').nullable(),
  at: instant('When it happened'),
});

const campaignBody = z.strictObject({
  campaignId: idOf('The campaign'),
  promotionId: idOf('The promotion that it tells of; null where it tells of none').nullable(),
  at: instant('When it happened'),
});

const couponBody = z.strictObject({
  couponId: idOf('The coupon'),
  version: z.int().positive().describe('Counts its changes, from 1'),
  promotionId: idOf('The promotion that it belongs to; null where it stands alone').nullable(),
  at: instant('When it happened'),
});

const grantBody = z.strictObject({
  grantId: z.string().describe('The grant: one coupon in one wallet. Whose it is says the API, not the event'),
  couponId: idOf('The coupon'),
  at: instant('When it happened'),
});

const ofOrder = {
  orderId: z.string().describe('The order, by its own key'),
  amountMinor: z.string().regex(/^\d+$/).describe('Its discount in minor units (cents, fen), as digits'),
};
const issuedBody = z.strictObject({
  couponId: idOf('The coupon'),
  runId: idOf('The issue run that gave them'),
  members: z.int().positive().describe('How many members it was given to'),
  at: instant('When it happened'),
});

const recalledBody = z.strictObject({
  couponId: idOf('The coupon'),
  version: z.int().positive().describe('Counts its changes, from 1'),
  revoked: z.int().nonnegative().describe('Grants that were taken back'),
  locked: z.int().nonnegative().describe('Grants that orders held: redeemed when paid, else revoked'),
  redeemed: z.int().nonnegative().describe('Grants that stay'),
  at: instant('When it happened'),
});

const PROMOTION_KEY = 'promotion/{promotionId}';
const CAMPAIGN_KEY = 'campaign/{campaignId}';
const COUPON_KEY = 'coupon/{couponId}';
const GRANT_KEY = 'grant/{grantId}';
const AT = '2027-06-01T00:00:00.000Z';
const PROMOTION_EXAMPLE = { promotionId: 12, version: 1, campaignId: 7, at: AT };
const CAMPAIGN_EXAMPLE = { campaignId: 7, promotionId: 12, at: AT };
const COUPON_EXAMPLE = { couponId: 5, version: 1, promotionId: 12, at: AT };
const ORDER_EXAMPLE = { orderId: 'o-7710', amountMinor: '500' };
const GRANT_EXAMPLE = { grantId: '5-1204-1', couponId: 5, at: AT };

export const OUTGOING_EVENTS: Readonly<Record<Topic, OutgoingEvent>> = {
  'promotion.created': {
    summary: 'A promotion was created.',
    sentWhen: 'With the promotion, once: a duplicate submit or a repeated Idempotency-Key sends nothing',
    key: PROMOTION_KEY,
    body: promotionBody,
    example: PROMOTION_EXAMPLE,
  },
  'promotion.edited': {
    summary: 'The terms of a promotion were changed.',
    sentWhen: 'With each edit. Campaigns keep the terms that they were launched with',
    key: PROMOTION_KEY,
    body: promotionBody,
    example: { ...PROMOTION_EXAMPLE, version: 2 },
  },
  'promotion.ended': {
    summary: 'A person ended a promotion.',
    sentWhen: 'With the order to end it, once. Its own end, when the time comes, sends nothing: it was known',
    key: PROMOTION_KEY,
    body: promotionBody,
    example: { ...PROMOTION_EXAMPLE, version: 3 },
  },
  'campaign.created': {
    summary: 'A draft of a campaign was made; nothing is sent yet.',
    sentWhen: 'With the draft: made by a person, by a promotion that is announced, or to send again',
    key: CAMPAIGN_KEY,
    body: campaignBody.extend({
      parentCampaignId: idOf('The campaign whose members are told again; only when sending again').optional(),
    }),
    example: { ...CAMPAIGN_EXAMPLE, campaignId: 8, parentCampaignId: 7 },
  },
  'campaign.launched': {
    summary: 'A campaign was launched, to start now or later.',
    sentWhen: 'With the launch, before its audience is frozen',
    key: CAMPAIGN_KEY,
    body: campaignBody.extend({ startsAt: instant('When sending may begin') }),
    example: { ...CAMPAIGN_EXAMPLE, startsAt: '2027-06-01T08:00:00.000Z' },
  },
  'campaign.paused': {
    summary: 'A campaign is held back.',
    sentWhen: 'With each reason that is added. A single channel that pauses sends nothing',
    key: CAMPAIGN_KEY,
    body: campaignBody.extend({
      reason: z
        .enum(CAMPAIGN_PAUSE_REASONS)
        .describe('A person, or the size of the frozen audience: not as confirmed, or over its maximum'),
      memberCount: z.int().nonnegative().optional().describe('Members of the frozen audience, where its size is why'),
    }),
    example: { ...CAMPAIGN_EXAMPLE, reason: 'audienceDrift', memberCount: 1_204_311 },
  },
  'campaign.resumed': {
    summary: 'A campaign goes on.',
    sentWhen: 'When the last reason of its pause is lifted',
    key: CAMPAIGN_KEY,
    body: campaignBody,
    example: CAMPAIGN_EXAMPLE,
  },
  'campaign.cancelled': {
    summary: 'A cancelled campaign has come to rest.',
    sentWhen: 'With the last member of whom nothing is pending any more',
    key: CAMPAIGN_KEY,
    body: campaignBody,
    example: CAMPAIGN_EXAMPLE,
  },
  'campaign.completed': {
    summary: 'A campaign is done: every member has an outcome.',
    sentWhen: 'In the commit of its last outcome',
    key: CAMPAIGN_KEY,
    body: campaignBody,
    example: CAMPAIGN_EXAMPLE,
  },
  'coupon.created': {
    summary: 'A draft of a coupon was made; nobody has it yet.',
    sentWhen: 'With the draft, once',
    key: COUPON_KEY,
    body: couponBody,
    example: COUPON_EXAMPLE,
  },
  'coupon.edited': {
    summary: 'The terms or the stock of a coupon were changed.',
    sentWhen: 'With each edit and each change of the stock that changes something',
    key: COUPON_KEY,
    body: couponBody,
    example: { ...COUPON_EXAMPLE, version: 2 },
  },
  'coupon.activated': {
    summary: 'A coupon is given from now on, between its opening and its close.',
    sentWhen: 'When it leaves its draft, and when it goes on after a pause',
    key: COUPON_KEY,
    body: couponBody,
    example: { ...COUPON_EXAMPLE, version: 3 },
  },
  'coupon.paused': {
    summary: 'A coupon is given no more for now.',
    sentWhen: 'With the pause, once',
    key: COUPON_KEY,
    body: couponBody,
    example: { ...COUPON_EXAMPLE, version: 4 },
  },
  'coupon.ended': {
    summary: 'A person ended a coupon. Grants stay valid until their own end.',
    sentWhen: 'With the order to end it, once. Its close, when the time comes, sends nothing: it was known',
    key: COUPON_KEY,
    body: couponBody,
    example: { ...COUPON_EXAMPLE, version: 5 },
  },
  'coupon.granted': {
    summary: 'The platform put a coupon into a wallet.',
    sentWhen: 'With the grant, at login or when the wallet is read, once. Of an issue run see coupon.issued',
    key: GRANT_KEY,
    body: grantBody,
    example: GRANT_EXAMPLE,
  },
  'coupon.issued': {
    summary: 'An issue run put a coupon into many wallets at once.',
    sentWhen: 'With each slice of the run that gave any: one event for all of its grants, none for each',
    key: COUPON_KEY,
    body: issuedBody,
    example: { couponId: 5, runId: 3, members: 500_000, at: AT },
  },
  'coupon.claimed': {
    summary: 'A member claimed a coupon.',
    sentWhen: 'With the grant, once: a repeated claim sends nothing',
    key: GRANT_KEY,
    body: grantBody,
    example: GRANT_EXAMPLE,
  },
  'coupon.soldout': {
    summary: 'The last of the stock of a coupon was given.',
    sentWhen: 'In the commit of that grant; again when stock that was raised is gone',
    key: COUPON_KEY,
    body: couponBody,
    example: { ...COUPON_EXAMPLE, version: 3 },
  },
  'coupon.locked': {
    summary: 'An order holds a coupon, until it is paid or cancelled, or until a time.',
    sentWhen: 'With the lock',
    key: GRANT_KEY,
    body: grantBody.extend({ ...ofOrder, lockEndsAt: instant('When the lock ends by itself').nullable() }),
    example: { ...GRANT_EXAMPLE, ...ORDER_EXAMPLE, lockEndsAt: '2027-06-01T00:15:00.000Z' },
  },
  'coupon.redeemed': {
    summary: 'The order that a coupon was used for is paid.',
    sentWhen: 'With the payment, once',
    key: GRANT_KEY,
    body: grantBody.extend({
      ...ofOrder,
      isLate: z
        .boolean()
        .describe('True when the payment came after the lock had ended, and the coupon was still free'),
    }),
    example: { ...GRANT_EXAMPLE, ...ORDER_EXAMPLE, isLate: false },
  },
  'coupon.released': {
    summary: 'An order holds a coupon no more.',
    sentWhen:
      'When its lock ends in any way but by a payment, and when an order that was paid is refunded or cancelled',
    key: GRANT_KEY,
    body: grantBody.extend({
      ...ofOrder,
      why: z.enum(MOVE_CAUSES).describe('What ended it: a request, the end of the lock, a cancel or a refund'),
      becomes: z
        .enum(['available', 'expired', 'revoked'])
        .describe(
          'What it is afterwards: expired where the rule of the coupon for refunds says so, or where its validity is over; ' +
            'revoked where the coupon was recalled',
        ),
    }),
    example: { ...GRANT_EXAMPLE, ...ORDER_EXAMPLE, why: 'cancelled', becomes: 'available' },
  },
  'coupon.revoked': {
    summary: 'A person took a coupon out of a wallet.',
    sentWhen: 'With the revoking, once',
    key: GRANT_KEY,
    body: grantBody,
    example: GRANT_EXAMPLE,
  },
  'coupon.conflict': {
    summary: 'An order was paid for with a coupon that it could not have: somebody should look at it.',
    sentWhen:
      'With a payment that comes when its lock has ended and the coupon is not free any more, and with one that names a ' +
      'coupon which the order does not use, or has released',
    key: GRANT_KEY,
    body: grantBody.extend({
      ...ofOrder,
      amountMinor: ofOrder.amountMinor
        .nullable()
        .describe('Its discount in minor units (cents, fen), as digits; null where the order never locked it'),
      reason: z
        .enum([...STORED_GRANT_STATES, 'budgetSpent'])
        .describe('The state that the coupon is in, or that the budget has no room for the discount'),
      heldBy: z.string().nullable().describe('The order that keeps it; null where none does'),
    }),
    example: { ...GRANT_EXAMPLE, ...ORDER_EXAMPLE, reason: 'redeemed', heldBy: 'o-7711' },
  },
  'coupon.expired': {
    summary: 'No grant of a coupon can be valid any more.',
    sentWhen: 'Once, after its recall or the last end of validity, and when no order holds one any more',
    key: COUPON_KEY,
    body: z.strictObject({
      couponId: idOf('The coupon'),
      granted: z.int().nonnegative().describe('Every one ever given'),
      redeemed: z.int().nonnegative().describe('Used by orders that are paid'),
      forfeited: z.int().nonnegative().describe('Lost with a refund'),
      revoked: z.int().nonnegative().describe('Taken away'),
      expired: z.int().nonnegative().describe('All the others: never used'),
      redeemedMinor: z.string().regex(/^\d+$/).describe('Discount given, in minor units (cents, fen), as digits'),
      at: instant('When it was told'),
    }),
    example: {
      couponId: 5,
      granted: 1_000,
      redeemed: 310,
      forfeited: 2,
      revoked: 1,
      expired: 687,
      redeemedMinor: '155000',
      at: AT,
    },
  },
  'coupon.recalled': {
    summary: 'All grants of a coupon that were not redeemed were taken back.',
    sentWhen: 'With the recall, once: one event for all of its grants, none for each',
    key: COUPON_KEY,
    body: recalledBody,
    example: { couponId: 5, version: 6, revoked: 8_120, locked: 3, redeemed: 1_877, at: AT },
  },
};

/** The body of an event as JSON Schema (draft 7). Open for fields to come, where our own check is strict. */
export function bodySchema(body: z.ZodType, io: 'input' | 'output' = 'output'): Readonly<Record<string, unknown>> {
  const { $schema: _, ...schema } = z.toJSONSchema(body, {
    target: 'draft-7',
    io,
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern; // says the same, in 300 characters
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      flattenNullable(jsonSchema);
    },
  });
  return schema;
}

/** `X or null` as one schema with two types. */
function flattenNullable(schema: z.core.JSONSchema.BaseSchema): void {
  const [type, none] = schema.anyOf ?? [];
  if (type?.type === undefined || none?.type !== 'null' || schema.anyOf?.length !== 2) return;
  delete schema.anyOf;
  Object.assign(schema, type, { type: [type.type, 'null'] });
}
