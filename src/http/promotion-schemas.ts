/** Promotions as they cross the HTTP edge. */
import { z } from 'zod';
import { formatInstant, type EpochMs } from '../core/time.js';
import { ruleToJson, scopeToJson } from '../promotion/promotion-json.js';
import { PROMOTION_STATES, promotionState, type Promotion } from '../promotion/promotion.js';
import { amountInput, amountOutput, idOutput, instantInput, instantOutput } from './schemas.js';

const scopeFields = {
  seller: { kind: z.literal('seller'), shopNumber: z.string() },
  categories: { kind: z.literal('categories'), categoryIds: z.array(z.string()) },
  products: { kind: z.literal('products'), productIds: z.array(z.string()) },
};

export const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('wholeShop') }),
  z.strictObject(scopeFields.seller),
  z.strictObject(scopeFields.categories),
  z.strictObject(scopeFields.products),
]);

const giftSchema = z.strictObject({ productId: z.string(), quantity: z.int() });

export const ruleInput = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('fullReduction').describe('Spend a threshold, get an amount off'),
    tiers: z.array(z.strictObject({ thresholdMinor: amountInput, reductionMinor: amountInput })).max(100),
    isRepeating: z.boolean().default(false).describe('With one tier: again for each further full threshold'),
  }),
  z.strictObject({ kind: z.literal('directCut').describe('An amount off each order'), cutMinor: amountInput }),
  z.strictObject({
    kind: z.literal('gift').describe('Spend a threshold, get products for nothing'),
    thresholdMinor: amountInput,
    gifts: z.array(giftSchema).max(100),
  }),
  z.strictObject({
    kind: z.literal('discount').describe('Hundredths of a percent off: 2000 = 20 % off'),
    discountBps: z.int(),
    maxReductionMinor: amountInput.nullish().transform((amount) => amount ?? undefined),
  }),
]);

export const ruleOutput = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('fullReduction'),
    tiers: z.array(z.object({ thresholdMinor: amountOutput, reductionMinor: amountOutput })),
    isRepeating: z.boolean(),
  }),
  z.object({ kind: z.literal('directCut'), cutMinor: amountOutput }),
  z.object({ kind: z.literal('gift'), thresholdMinor: amountOutput, gifts: z.array(giftSchema) }),
  z.object({ kind: z.literal('discount'), discountBps: z.int(), maxReductionMinor: amountOutput.nullable() }),
]);

const termsInput = {
  name: z.string().max(500),
  description: z
    .string()
    .max(10_000)
    .nullish()
    .transform((text) => text ?? undefined),
  rule: ruleInput,
  currency: z.string().max(8).describe('ISO 4217, such as CNY'),
  scope: scopeSchema,
  startsAt: instantInput,
  endsAt: instantInput.describe('First instant at which it no longer holds'),
};

/** Body of a creation. `announcement` is the schema of what starts a campaign with it. */
export const createPromotionBody = <Announcement>(announcement: z.ZodType<Announcement>) =>
  z.strictObject({
    ...termsInput,
    scope: scopeSchema.default({ kind: 'wholeShop' }),
    announce: announcement
      .optional()
      .describe('Starts a campaign with the promotion, in the same transaction; needs the scope "launch"'),
  });

/** Body of an edit: what is left out stays. */
export const editPromotionBody = z.strictObject({
  version: z.int().positive().describe('The version the edit is based on'),
  name: termsInput.name.optional(),
  description: z.string().max(10_000).nullable().optional().describe('null removes it'),
  rule: termsInput.rule.optional(),
  currency: termsInput.currency.optional(),
  scope: termsInput.scope.optional(),
  startsAt: termsInput.startsAt.optional(),
  endsAt: termsInput.endsAt.optional(),
});

export const promotionOutput = z
  .object({
    id: idOutput,
    version: z.int().positive(),
    state: z.enum(PROMOTION_STATES),
    name: z.string(),
    description: z.string().nullable(),
    rule: ruleOutput,
    currency: z.string(),
    scope: scopeSchema,
    startsAt: instantOutput,
    endsAt: instantOutput,
    createdBy: z.string(),
    createdAt: instantOutput,
    editedAt: instantOutput.nullable(),
    endedAt: instantOutput.nullable(),
    campaignId: idOutput.nullable().describe('The campaign that was started with it'),
  })
  .meta({ id: 'Promotion' });

export const createdPromotionOutput = promotionOutput
  .extend({
    isDuplicate: z.boolean().describe('True when the same promotion had been submitted before: this is the first one'),
  })
  .meta({ id: 'CreatedPromotion' });

export function renderPromotion(promotion: Promotion, now: EpochMs): z.output<typeof promotionOutput> {
  const instant = (at: EpochMs | undefined): string | null => (at === undefined ? null : formatInstant(at));
  return {
    id: promotion.id,
    version: promotion.version,
    state: promotionState(promotion, now),
    name: promotion.name,
    description: promotion.description ?? null,
    rule: ruleToJson(promotion.rule),
    currency: promotion.currency,
    scope: scopeToJson(promotion.scope),
    startsAt: formatInstant(promotion.startsAt),
    endsAt: formatInstant(promotion.endsAt),
    createdBy: promotion.createdBy,
    createdAt: formatInstant(promotion.createdAt),
    editedAt: instant(promotion.editedAt),
    endedAt: instant(promotion.endedAt),
    campaignId: promotion.campaignId ?? null,
  };
}
