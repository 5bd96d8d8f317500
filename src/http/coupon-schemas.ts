/** Coupons and grants as they cross the HTTP edge. */
import { z } from 'zod';
import { campaignId, promotionId } from '../core/ids.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import {
  COUPON_ISSUES,
  COUPON_STACKINGS,
  COUPON_STATES,
  couponState,
  REFUND_RULES,
  revokedCount,
  validityOf,
  type Coupon,
  type CouponTerms,
} from '../coupon/coupon.js';
import { CLAIM_OUTCOMES } from '../coupon/claim/decide-claim.js';
import { grantName, type Grant } from '../coupon/grant/grant.js';
import { GRANT_STATES } from '../coupon/grant/grant-state.js';
import type { WalletItem } from '../coupon/grant/wallet.js';
import { MAX_STOCK } from '../coupon/coupon-rules.js';
import { ruleToJson, scopeToJson } from '../promotion/promotion-json.js';
import { announcementBody } from './campaign-schemas.js';
import { ruleInput, ruleOutput, scopeSchema } from './promotion-schemas.js';
import { amountInput, amountOutput, idOutput, instantInput, instantOutput } from './schemas.js';

const validityInput = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('window').describe('The same window for every grant'),
    startsAt: instantInput,
    endsAt: instantInput.describe('First instant at which it no longer holds'),
  }),
  z.strictObject({ kind: z.literal('days').describe('So many times 24 hours from the grant'), days: z.int() }),
]);

const validityOutput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('window'), startsAt: instantOutput, endsAt: instantOutput }),
  z.object({ kind: z.literal('days'), days: z.int() }),
]);

const idInput = z.int().positive();

const audienceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everybody') }),
  z.strictObject({
    kind: z.literal('campaign').describe('Members of the frozen audience of a campaign, and nobody else'),
    campaignId: idInput,
  }),
]);

const stockInput = z
  .int()
  .min(0)
  .max(MAX_STOCK)
  .nullable()
  .describe('How many there are; null = without limit. Never less than were granted');

const optional = <Value>(schema: z.ZodType<Value>) => schema.nullish().transform((value) => value ?? undefined);

const termsInput = {
  name: z.string().max(500),
  description: optional(z.string().max(10_000)),
  promotionId: optional(idInput).describe('The promotion it belongs to; null where it stands alone'),
  issue: z.enum(COUPON_ISSUES).describe('Who acts: the platform gives it to all who are due, or members claim it'),
  rule: ruleInput,
  currency: z.string().max(8).describe('ISO 4217, such as CNY'),
  scope: scopeSchema,
  validity: validityInput,
  opensAt: instantInput.describe('First instant at which it is given'),
  closesAt: instantInput.describe('First instant at which it is given no more'),
  audience: audienceSchema,
  limitPerMember: z.int().describe('1 to 100; 1 where the platform issues it'),
  stacking: z.enum(COUPON_STACKINGS).describe('Whether an order may use it beside other coupons'),
  afterRefund: z.enum(REFUND_RULES).describe('What a redeemed one becomes when its order is refunded'),
  sweepAtClose: z
    .boolean()
    .describe('Just before it closes, all who have not got it by then are given it; where the platform issues it'),
  byCodeOnly: z.boolean().describe('Members claim it by codes and in no other way; where they claim it'),
  budgetMinor: optional(amountInput).describe('Most discount that locked and redeemed ones add up to; null = no limit'),
};

const audienceOfNew = z.discriminatedUnion('kind', [
  ...audienceSchema.options,
  z.strictObject({
    kind: z.literal('announced').describe('Those whom the campaign in `announce` tells, and nobody else'),
  }),
]);

export const createCouponBody = z.strictObject({
  ...termsInput,
  announce: announcementBody
    .optional()
    .describe(
      'Activates the coupon and launches a campaign that tells of it, in one transaction; needs the scope "launch"',
    ),
  scope: termsInput.scope.default({ kind: 'wholeShop' }),
  audience: audienceOfNew.default({ kind: 'everybody' }),
  limitPerMember: termsInput.limitPerMember.default(1),
  stacking: termsInput.stacking.default('alone'),
  afterRefund: termsInput.afterRefund.default('available'),
  sweepAtClose: termsInput.sweepAtClose.default(false),
  byCodeOnly: termsInput.byCodeOnly.default(false),
  stock: stockInput.default(null),
});

/** Body of an edit: what is left out stays. */
export const editCouponBody = z.strictObject({
  version: z.int().positive().describe('The version the edit is based on'),
  name: termsInput.name.optional(),
  description: z.string().max(10_000).nullable().optional().describe('null removes it'),
  promotionId: idInput.nullable().optional().describe('null removes it'),
  issue: termsInput.issue.optional(),
  rule: termsInput.rule.optional(),
  currency: termsInput.currency.optional(),
  scope: termsInput.scope.optional(),
  validity: termsInput.validity.optional(),
  opensAt: termsInput.opensAt.optional(),
  closesAt: termsInput.closesAt.optional(),
  audience: termsInput.audience.optional(),
  limitPerMember: termsInput.limitPerMember.optional(),
  stacking: termsInput.stacking.optional(),
  afterRefund: termsInput.afterRefund.optional(),
  sweepAtClose: termsInput.sweepAtClose.optional(),
  byCodeOnly: termsInput.byCodeOnly.optional(),
  budgetMinor: amountInput.nullable().optional().describe('null removes it'),
});

export const stockBody = z.strictObject({
  stock: stockInput,
  version: z.int().positive().optional().describe('The version the change is based on; whatever it is where left out'),
});

export const couponOutput = z
  .object({
    id: idOutput,
    version: z.int().positive(),
    state: z.enum(COUPON_STATES),
    name: z.string(),
    description: z.string().nullable(),
    promotionId: idOutput.nullable(),
    issue: z.enum(COUPON_ISSUES),
    rule: ruleOutput,
    currency: z.string(),
    scope: scopeSchema,
    validity: validityOutput,
    opensAt: instantOutput,
    closesAt: instantOutput,
    audience: audienceSchema,
    limitPerMember: z.int().positive(),
    stacking: z.enum(COUPON_STACKINGS),
    afterRefund: z.enum(REFUND_RULES),
    sweepAtClose: z.boolean(),
    byCodeOnly: z.boolean(),
    stock: z.int().nonnegative().nullable(),
    granted: z.int().nonnegative().describe('Every one ever given, whatever became of it'),
    locked: z.int().nonnegative().describe('Held by an order that is not paid yet'),
    redeemed: z.int().nonnegative(),
    forfeited: z.int().nonnegative().describe('Lost with a refund, by the rule of the coupon'),
    revoked: z.int().nonnegative().describe('One by one, or by the recall of them all'),
    budgetMinor: amountOutput.nullable(),
    lockedMinor: amountOutput.describe('Discount of the locked ones'),
    redeemedMinor: amountOutput.describe('Discount of the redeemed ones'),
    freeMinor: amountOutput.nullable().describe('What the budget has left: budget = free + locked + redeemed'),
    createdBy: z.string(),
    createdAt: instantOutput,
    editedAt: instantOutput.nullable(),
    endedAt: instantOutput.nullable(),
    recalledAt: instantOutput.nullable().describe('When all that were not redeemed were taken back'),
  })
  .meta({ id: 'Coupon' });

export function renderCoupon(coupon: Coupon, now: EpochMs): z.output<typeof couponOutput> {
  const instant = (at: EpochMs | undefined): string | null => (at === undefined ? null : formatInstant(at));
  const { counts, validity, audience } = coupon;
  return {
    id: coupon.id,
    version: coupon.version,
    state: couponState(coupon, now),
    name: coupon.name,
    description: coupon.description ?? null,
    promotionId: coupon.promotionId ?? null,
    issue: coupon.issue,
    rule: ruleToJson(coupon.rule),
    currency: coupon.currency,
    scope: scopeToJson(coupon.scope),
    validity:
      validity.kind === 'days'
        ? { ...validity }
        : { kind: 'window', startsAt: formatInstant(validity.startsAt), endsAt: formatInstant(validity.endsAt) },
    opensAt: formatInstant(coupon.opensAt),
    closesAt: formatInstant(coupon.closesAt),
    audience: { ...audience },
    limitPerMember: coupon.limitPerMember,
    stacking: coupon.stacking,
    afterRefund: coupon.afterRefund,
    sweepAtClose: coupon.sweepAtClose,
    byCodeOnly: coupon.byCodeOnly,
    stock: coupon.stock ?? null,
    granted: counts.granted,
    locked: counts.locked,
    redeemed: counts.redeemed,
    forfeited: counts.forfeited,
    revoked: revokedCount(coupon),
    budgetMinor: coupon.budgetMinor?.toString() ?? null,
    lockedMinor: counts.lockedMinor.toString(),
    redeemedMinor: counts.redeemedMinor.toString(),
    freeMinor:
      coupon.budgetMinor === undefined
        ? null
        : (coupon.budgetMinor - counts.lockedMinor - counts.redeemedMinor).toString(),
    createdBy: coupon.createdBy,
    createdAt: formatInstant(coupon.createdAt),
    editedAt: instant(coupon.editedAt),
    endedAt: instant(coupon.endedAt),
    recalledAt: instant(coupon.recalledAt),
  };
}

/** With the campaigns that tell of it. */
export const shownCouponOutput = couponOutput
  .extend({ campaignIds: z.array(idOutput).describe('Campaigns that tell of it, drafts and ended ones among them') })
  .meta({ id: 'ShownCoupon' });

/** The terms that a creation asks for. */
export const termsOf = ({ stock, announce: _, audience, ...body }: z.output<typeof createCouponBody>): CouponTerms => ({
  ...body,
  ...identified({ ...body, audience: audience.kind === 'announced' ? { kind: 'everybody' } : audience }),
  stock: stock ?? undefined,
});

/** Ids as the core knows them. */
export const identified = ({
  promotionId: promotion,
  audience,
}: Pick<z.output<typeof createCouponBody>, 'promotionId'> & {
  readonly audience: z.output<typeof audienceSchema>;
}): Pick<CouponTerms, 'promotionId' | 'audience'> => ({
  promotionId: promotion === undefined ? undefined : promotionId(promotion),
  audience:
    audience.kind === 'campaign' ? { kind: audience.kind, campaignId: campaignId(audience.campaignId) } : audience,
});

export const grantOutput = z
  .object({
    id: z.string().describe('Coupon, member and number'),
    couponId: idOutput,
    grantedAt: instantOutput,
    validFrom: instantOutput,
    validUntil: instantOutput.describe('First instant at which it is no longer valid'),
  })
  .meta({ id: 'Grant' });

export function renderGrant(grant: Grant, coupon: Pick<Coupon, 'validity'>): z.output<typeof grantOutput> {
  const { validFrom, validUntil } = validityOf(coupon, grant.grantedAt);
  return {
    id: grantName(grant),
    couponId: grant.couponId,
    grantedAt: formatInstant(grant.grantedAt),
    validFrom: formatInstant(validFrom),
    validUntil: formatInstant(validUntil),
  };
}

export const walletItemOutput = z
  .object({
    grant: grantOutput,
    state: z.enum(GRANT_STATES).describe('As the clock has it'),
    coupon: z.object({
      id: idOutput,
      name: z.string(),
      description: z.string().nullable(),
      rule: ruleOutput,
      currency: z.string(),
      scope: scopeSchema,
      stacking: z.enum(COUPON_STACKINGS),
    }),
  })
  .meta({ id: 'WalletItem' });

export const renderWalletItem = ({ grant, coupon, state }: WalletItem): z.output<typeof walletItemOutput> => ({
  grant: renderGrant(grant, coupon),
  state,
  coupon: {
    id: coupon.id,
    name: coupon.name,
    description: coupon.description ?? null,
    rule: ruleToJson(coupon.rule),
    currency: coupon.currency,
    scope: scopeToJson(coupon.scope),
    stacking: coupon.stacking,
  },
});

/** Members of one request. */
const MAX_CLAIMING = 1_000;

export const claimBody = z.strictObject({
  memberIds: z.array(z.string().min(1).max(128)).min(1).max(MAX_CLAIMING).describe('Each once'),
});

const claimAnswer = {
  outcome: z.enum(CLAIM_OUTCOMES),
  grant: grantOutput.nullable().describe('What was granted, now or before'),
};

/** Of one member, who knows who she is. */
export const ownClaimOutput = z.object(claimAnswer).meta({ id: 'OwnClaim' });

export const claimsOutput = z
  .object({
    items: z.array(z.object({ memberId: z.string(), ...claimAnswer })).describe('In the order of the request'),
  })
  .meta({ id: 'Claims' });
