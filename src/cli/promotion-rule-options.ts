/** A promotion's rule and scope as a person writes them: amounts in the currency's own units. */
import { PARSE_TEXT } from './text/parse-text.js';
import { PROMOTION_TEXT } from './text/promotion-text.js';
import { UsageError } from './cli-errors.js';
import { option } from './command-spec.js';
import { minorDigits } from './format-values.js';
import { commaList, flag, refuse, single, text, type Parse } from './option-reader.js';

/** An amount in units of a currency that is not known yet, such as `12.50`. */
export const amount: Parse<string> = (value) =>
  /^\d{1,13}(?:\.\d{1,4})?$/.test(value) ? value : refuse(PARSE_TEXT.amount(value));

const tier: Parse<{ readonly threshold: string; readonly reduction: string }> = (value, context) => {
  const [threshold, reduction, ...rest] = value.split(/[:：]/);
  if (threshold === undefined || reduction === undefined || rest.length > 0) refuse(PARSE_TEXT.tiers(value));
  return { threshold: amount(threshold, context), reduction: amount(reduction, context) };
};

const discount: Parse<number> = (value) => {
  const percent = /^(\d{1,2})(?:\.(\d{1,2}))?\s*%?$/.exec(value);
  return percent === null
    ? refuse(PARSE_TEXT.percent(value))
    : Number(percent[1]) * 100 + Number((percent[2] ?? '').padEnd(2, '0'));
};

const gift: Parse<{ readonly productId: string; readonly quantity: number }> = (value) => {
  const [, productId, quantity] = /^(.+?)(?:[:：](\d{1,6}))?$/.exec(value) ?? [];
  return productId === undefined ? refuse(PARSE_TEXT.gifts(value)) : { productId, quantity: Number(quantity ?? 1) };
};

/** The options of `promotion create` and `promotion edit` that say what is reduced, and for what. */
export const ruleOptions = {
  fullReduction: option('--full-reduction <tiers>', PROMOTION_TEXT.fullReduction, single(commaList(tier))),
  repeating: option('--repeating', PROMOTION_TEXT.repeating, flag()),
  directCut: option('--direct-cut <amount>', PROMOTION_TEXT.directCut, single(amount)),
  gift: option('--gift <products>', PROMOTION_TEXT.gift, single(commaList(gift))),
  giftThreshold: option('--gift-threshold <amount>', PROMOTION_TEXT.giftThreshold, single(amount)),
  discount: option('--discount <percent>', PROMOTION_TEXT.discount, single(discount)),
  maxReduction: option('--max-reduction <amount>', PROMOTION_TEXT.maxReduction, single(amount)),
  currency: option('--currency <code>', PROMOTION_TEXT.currency, single(currencyCode)),
  seller: option('--seller <shop-number>', PROMOTION_TEXT.seller, single(text)),
  categories: option('--categories <ids>', PROMOTION_TEXT.categories, single(commaList(text))),
  products: option('--products <ids>', PROMOTION_TEXT.products, single(commaList(text))),
} as const;

function currencyCode(value: string): string {
  return /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : refuse(PROMOTION_TEXT.badCurrency(value));
}

export interface RuleInput {
  readonly fullReduction: readonly { readonly threshold: string; readonly reduction: string }[] | undefined;
  readonly repeating: boolean;
  readonly directCut: string | undefined;
  readonly gift: readonly { readonly productId: string; readonly quantity: number }[] | undefined;
  readonly giftThreshold: string | undefined;
  readonly discount: number | undefined;
  readonly maxReduction: string | undefined;
}

/** The rule as the API takes it; undefined when no option names one. @throws UsageError when options contradict. */
export function ruleOf(input: RuleInput, currency: string): Readonly<Record<string, unknown>> | undefined {
  const minor = (value: string): string => toMinor(value, currency);
  const rules = [
    input.fullReduction && {
      kind: 'fullReduction',
      tiers: input.fullReduction.map(({ threshold, reduction }) => ({
        thresholdMinor: minor(threshold),
        reductionMinor: minor(reduction),
      })),
      isRepeating: input.repeating,
    },
    input.directCut !== undefined && { kind: 'directCut', cutMinor: minor(input.directCut) },
    input.gift && { kind: 'gift', thresholdMinor: minor(input.giftThreshold ?? '0'), gifts: input.gift },
    input.discount !== undefined && {
      kind: 'discount',
      discountBps: input.discount,
      ...(input.maxReduction === undefined ? {} : { maxReductionMinor: minor(input.maxReduction) }),
    },
  ].filter((rule) => rule !== false && rule !== undefined);
  if (rules.length > 1) throw new UsageError(PROMOTION_TEXT.oneRule);
  const isStray =
    (input.repeating && input.fullReduction === undefined) ||
    (input.giftThreshold !== undefined && input.gift === undefined) ||
    (input.maxReduction !== undefined && input.discount === undefined);
  if (isStray) throw new UsageError(PROMOTION_TEXT.strayRuleOption);
  return rules[0];
}

export interface ScopeInput {
  readonly seller: string | undefined;
  readonly categories: readonly string[] | undefined;
  readonly products: readonly string[] | undefined;
}

/** The scope as the API takes it; undefined when no option names one. @throws UsageError when options contradict. */
export function scopeOf({ seller, categories, products }: ScopeInput): Readonly<Record<string, unknown>> | undefined {
  const scopes = [
    seller !== undefined && { kind: 'seller', shopNumber: seller },
    categories && { kind: 'categories', categoryIds: categories },
    products && { kind: 'products', productIds: products },
  ].filter((scope) => scope !== false && scope !== undefined);
  if (scopes.length > 1) throw new UsageError(PROMOTION_TEXT.oneScope);
  return scopes[0];
}

/** `12.5` CNY → `1250`. @throws UsageError for more decimals than the currency has. */
export function toMinor(value: string, currency: string): string {
  const digits = minorDigits(currency);
  const [whole = '', decimals = ''] = value.split('.');
  const kept = decimals.replace(/0+$/, '');
  if (kept.length > digits) throw new UsageError(PARSE_TEXT.amountDigits(value, currency, digits));
  return BigInt(whole + kept.padEnd(digits, '0')).toString();
}
