/** Promotions as the API answers them, and as people read them. */
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import { formatAmount, formatTime } from './format-values.js';
import { renderPairs, renderTable } from './tables.js';
import { PROMOTION_TEXT as T } from './text/promotion-text.js';
import type { Say } from './wording.js';

const amount = z.string();
export const ruleAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('fullReduction'),
    tiers: z.array(z.object({ thresholdMinor: amount, reductionMinor: amount })),
    isRepeating: z.boolean(),
  }),
  z.object({ kind: z.literal('directCut'), cutMinor: amount }),
  z.object({
    kind: z.literal('gift'),
    thresholdMinor: amount,
    gifts: z.array(z.object({ productId: z.string(), quantity: z.int() })),
  }),
  z.object({ kind: z.literal('discount'), discountBps: z.int(), maxReductionMinor: amount.nullable() }),
]);
export const scopeAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('wholeShop') }),
  z.object({ kind: z.literal('seller'), shopNumber: z.string() }),
  z.object({ kind: z.literal('categories'), categoryIds: z.array(z.string()) }),
  z.object({ kind: z.literal('products'), productIds: z.array(z.string()) }),
]);

export const promotionAnswer = z.object({
  id: z.int(),
  version: z.int(),
  state: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  rule: ruleAnswer,
  currency: z.string(),
  scope: scopeAnswer,
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  editedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  campaignId: z.int().nullable(),
  isDuplicate: z.boolean().optional(),
});
export type PromotionAnswer = z.output<typeof promotionAnswer>;

export const promotionPage = z.object({ items: z.array(promotionAnswer), nextCursor: z.string().nullable() });

export function renderPromotion(promotion: PromotionAnswer, { say }: Pick<CliContext, 'say'>): string {
  const instant = (text: string | null): string | null => (text === null ? null : formatTime(text));
  return renderPairs([
    [say(T.fieldId), `${promotion.id}`],
    [say(T.fieldName), promotion.name],
    [say(T.fieldState), stateWords(promotion.state, say)],
    [say(T.fieldRule), ruleWords(promotion, say)],
    [say(T.fieldScope), scopeWords(promotion.scope, say)],
    [say(T.fieldStarts), instant(promotion.startsAt)],
    [say(T.fieldEnds), instant(promotion.endsAt)],
    [say(T.fieldEnded), instant(promotion.endedAt)],
    [say(T.fieldDescription), promotion.description],
    [say(T.fieldCreated), `${formatTime(promotion.createdAt)}  ${promotion.createdBy}`],
    [say(T.fieldEdited), instant(promotion.editedAt)],
    [say(T.fieldVersion), `${promotion.version}`],
    [say(T.fieldCampaign), promotion.campaignId?.toString()],
  ]);
}

export function renderPromotions(promotions: readonly PromotionAnswer[], { say }: Pick<CliContext, 'say'>): string {
  return renderTable(
    [
      { title: say(T.fieldId), value: ({ id }) => `${id}`, isNumber: true },
      { title: say(T.fieldState), value: ({ state }) => stateWords(state, say) },
      { title: say(T.fieldStarts), value: ({ startsAt }) => formatTime(startsAt) },
      { title: say(T.fieldEnds), value: ({ endsAt }) => formatTime(endsAt) },
      { title: say(T.fieldRule), value: (promotion) => ruleWords(promotion, say) },
      { title: say(T.fieldName), value: ({ name }) => name },
    ],
    promotions,
  );
}

const stateWords = (state: string, say: Say): string => {
  const known = T.states[state];
  return known === undefined ? state : say(known);
};

export function ruleWords({ rule, currency }: Pick<PromotionAnswer, 'rule' | 'currency'>, say: Say): string {
  const money = (amountMinor: string): string => formatAmount(amountMinor, currency);
  switch (rule.kind) {
    case 'fullReduction': {
      const tiers = rule.tiers.map((tier) => say(T.tierWords, money(tier.thresholdMinor), money(tier.reductionMinor)));
      return tiers.join('; ') + (rule.isRepeating ? say(T.repeats) : '');
    }
    case 'directCut':
      return say(T.cutWords, money(rule.cutMinor));
    case 'gift': {
      const gifts = rule.gifts.map(({ productId, quantity }) => `${quantity} × ${productId}`).join(', ');
      return say(T.giftWords, money(rule.thresholdMinor), gifts);
    }
    case 'discount': {
      const limit = rule.maxReductionMinor === null ? '' : say(T.atMost, money(rule.maxReductionMinor));
      return say(T.discountWords, `${rule.discountBps / 100}`) + limit;
    }
  }
}

export function scopeWords(scope: PromotionAnswer['scope'], say: Say): string {
  switch (scope.kind) {
    case 'wholeShop':
      return say(T.wholeShop);
    case 'seller':
      return say(T.sellerScope, scope.shopNumber);
    case 'categories':
      return say(T.categoryScope, scope.categoryIds.join(', '));
    case 'products':
      return say(T.productScope, scope.productIds.join(', '));
  }
}
