import { assertNever } from '../core/assert.js';
import type { EpochMs } from '../core/time.js';
import type { Coupon } from '../coupon/coupon.js';
import { CAMPAIGN_FIELDS, COUPON_FIELDS, PROMOTION_FIELDS } from '../message/fields.js';
import type { Promotion, PromotionRule } from '../promotion/promotion.js';
import type { Campaign } from './campaign.js';

/** How the values of common fields are written, for the whole shop. */
export interface FieldWording {
  readonly language: 'zh-CN' | 'en';
  /** IANA name; instants are written in it. */
  readonly timeZone: string;
}

/** Names of the fields that every message of a campaign can use, beside those of the member. */
export const commonFieldNames = ({ hasPromotion, hasCoupon }: Offered): readonly string[] => [
  ...CAMPAIGN_FIELDS,
  ...(hasPromotion ? PROMOTION_FIELDS : []),
  ...(hasCoupon ? COUPON_FIELDS : []),
];

/** What a campaign tells of. */
export interface Offered {
  readonly hasPromotion: boolean;
  readonly hasCoupon: boolean;
}

/** Their values, as fixed at launch. */
export function commonFieldsOf(
  campaign: Pick<Campaign, 'name'>,
  { promotion, coupon }: { readonly promotion: Promotion | undefined; readonly coupon: Coupon | undefined },
  wording: FieldWording,
): Readonly<Record<string, string>> {
  const own: Record<(typeof CAMPAIGN_FIELDS)[number], string> = { 'campaign.name': campaign.name };
  return {
    ...own,
    ...(promotion === undefined ? {} : promotionFields(promotion, wording)),
    ...(coupon === undefined ? {} : couponFields(coupon, wording)),
  };
}

const promotionFields = (
  promotion: Promotion,
  wording: FieldWording,
): Record<(typeof PROMOTION_FIELDS)[number], string> => ({
  'promotion.name': promotion.name,
  'promotion.offer': offerInWords(promotion.rule, promotion.currency, wording),
  'promotion.startsAt': instantInWords(promotion.startsAt, wording),
  'promotion.endsAt': instantInWords(promotion.endsAt, wording),
});

const couponFields = (coupon: Coupon, wording: FieldWording): Record<(typeof COUPON_FIELDS)[number], string> => ({
  'coupon.id': String(coupon.id),
  'coupon.name': coupon.name,
  'coupon.offer': offerInWords(coupon.rule, coupon.currency, wording),
  'coupon.opensAt': instantInWords(coupon.opensAt, wording),
  'coupon.closesAt': instantInWords(coupon.closesAt, wording),
});

const instantInWords = (instant: EpochMs, { language, timeZone }: FieldWording): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(instant);

/** What a rule gives, as a member reads it. */
export function offerInWords(rule: PromotionRule, currency: string, { language }: FieldWording): string {
  const isChinese = language === 'zh-CN';
  const amount = (amountMinor: bigint): string => formatAmount(amountMinor, currency, language);
  switch (rule.kind) {
    case 'fullReduction': {
      const tiers = rule.tiers.map(({ thresholdMinor, reductionMinor }) =>
        isChinese
          ? `满${amount(thresholdMinor)}减${amount(reductionMinor)}`
          : `${amount(reductionMinor)} off ${amount(thresholdMinor)}`,
      );
      if (rule.isRepeating) return isChinese ? `每${tiers.join('，')}` : `${tiers.join(', ')}, again for each`;
      return tiers.join(isChinese ? '，' : ', ');
    }
    case 'directCut':
      return isChinese ? `立减${amount(rule.cutMinor)}` : `${amount(rule.cutMinor)} off`;
    case 'gift':
      if (rule.thresholdMinor === 0n) return isChinese ? '购物即赠' : 'a gift with every order';
      return isChinese ? `满${amount(rule.thresholdMinor)}赠礼` : `a gift from ${amount(rule.thresholdMinor)}`;
    case 'discount': {
      const limit = rule.maxReductionMinor;
      const text = isChinese
        ? `${trimmed((10_000 - rule.discountBps) / 1_000)}折`
        : `${trimmed(rule.discountBps / 100)} % off`;
      if (limit === undefined) return text;
      return isChinese ? `${text}，最多减${amount(limit)}` : `${text}, up to ${amount(limit)}`;
    }
    default:
      return assertNever(rule);
  }
}

const trimmed = (value: number): string => String(Number(value.toFixed(3)));

/** Exact: the minor units are put into words digit by digit, never through a floating-point number. */
function formatAmount(amountMinor: bigint, currency: string, language: string): string {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const scale = 10n ** BigInt(digits);
  const [whole, fraction] = [amountMinor / scale, amountMinor % scale];
  const fractionText = fraction === 0n ? '' : fraction.toString().padStart(digits, '0');
  return format
    .formatToParts(whole)
    .filter(({ type }) => fractionText !== '' || (type !== 'decimal' && type !== 'fraction'))
    .map(({ type, value }) => (type === 'fraction' ? fractionText : value))
    .join('');
}
