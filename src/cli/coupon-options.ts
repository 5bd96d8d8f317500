/** A coupon's terms as a person writes them: amounts in the currency's own units. */
import { COUPON_ISSUES, COUPON_STACKINGS, REFUND_RULES } from '../coupon/coupon.js';
import { definedOf } from './campaign-options.js';
import { UsageError } from './cli-errors.js';
import { option } from './command-spec.js';
import { time } from './common-options.js';
import { choice, rowId, single, text, wholeNumber } from './option-reader.js';
import {
  amount,
  ruleOf,
  ruleOptions,
  scopeOf,
  toMinor,
  type RuleInput,
  type ScopeInput,
} from './promotion-rule-options.js';
import { COUPON_TEXT as T } from './text/coupon-text.js';
import type { Wording } from './wording.js';

const DEFAULT_CURRENCY = 'CNY';
const YES_OR_NO = ['yes', 'no'] as const;
const anyCount = wholeNumber(0, Number.MAX_SAFE_INTEGER);

interface Words {
  readonly opens: Wording;
  readonly validFrom: Wording;
  readonly limitPerMember: Wording;
  readonly stacking: Wording;
  readonly afterRefund: Wording;
  readonly campaign: Wording;
}

/** The options that `coupons create` and `coupons edit` share; only the words on defaults differ. */
export const termOptions = (words: Words) =>
  ({
    name: option('--name <text>', T.name, single(text)),
    issue: option('--issue <issue>', T.issue, single(choice(COUPON_ISSUES))),
    ...ruleOptions,
    opens: option('--opens <time>', words.opens, single(time)),
    closes: option('--closes <time>', T.closes, single(time)),
    days: option('--days <n>', T.days, single(anyCount)),
    validFrom: option('--valid-from <time>', words.validFrom, single(time)),
    validUntil: option('--valid-until <time>', T.validUntil, single(time)),
    limitPerMember: option('--limit-per-member <n>', words.limitPerMember, single(anyCount)),
    stacking: option('--stacking <rule>', words.stacking, single(choice(COUPON_STACKINGS))),
    afterRefund: option('--after-refund <state>', words.afterRefund, single(choice(REFUND_RULES))),
    sweepAtClose: option('--sweep-at-close <choice>', T.sweepAtClose, single(choice(YES_OR_NO))),
    byCodeOnly: option('--by-code-only <choice>', T.byCodeOnly, single(choice(YES_OR_NO))),
    budget: option('--budget <amount>', T.budget, single(amount)),
    campaign: option('--campaign <id>', words.campaign, single(rowId)),
    promotion: option('--promotion <id>', T.promotion, single(rowId)),
    description: option('--description <text>', T.description, single(text)),
  }) as const;

export interface TermsInput extends RuleInput, ScopeInput {
  readonly name: string | undefined;
  readonly issue: string | undefined;
  readonly currency: string | undefined;
  readonly opens: string | undefined;
  readonly closes: string | undefined;
  readonly days: number | undefined;
  readonly validFrom: string | undefined;
  readonly validUntil: string | undefined;
  readonly limitPerMember: number | undefined;
  readonly stacking: string | undefined;
  readonly afterRefund: string | undefined;
  readonly sweepAtClose: (typeof YES_OR_NO)[number] | undefined;
  readonly byCodeOnly: (typeof YES_OR_NO)[number] | undefined;
  readonly budget: string | undefined;
  readonly campaign: number | undefined;
  readonly promotion: number | undefined;
  readonly description: string | undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** The body that makes a coupon. @throws UsageError when something is missing or contradicts. */
export function newTermsOf(input: TermsInput & { readonly stock: number | undefined }, now: string): Body {
  for (const [flag, value] of [
    ['--name', input.name],
    ['--issue', input.issue],
    ['--closes', input.closes],
  ] as const) {
    if (value === undefined) throw new UsageError(T.missing(flag));
  }
  const currency = input.currency ?? DEFAULT_CURRENCY;
  const opensAt = input.opens ?? now;
  const validFrom = input.validUntil === undefined ? input.validFrom : (input.validFrom ?? opensAt);
  const validity = validityOf({ ...input, validFrom });
  const changes = changedTermsOf(input, currency);
  if (changes['rule'] === undefined) throw new UsageError(T.needsRule);
  if (validity === undefined) throw new UsageError(T.needsValidity);
  return { ...changes, ...definedOf({ stock: input.stock }), currency, opensAt, validity };
}

/** What of the terms was named, as the API takes it. @throws UsageError when options contradict. */
export function changedTermsOf(input: TermsInput, currency: string): Body {
  const { campaign, budget, sweepAtClose, byCodeOnly } = input;
  return definedOf({
    name: input.name,
    issue: input.issue,
    rule: ruleOf(input, currency),
    currency: input.currency,
    scope: scopeOf(input),
    opensAt: input.opens,
    closesAt: input.closes,
    limitPerMember: input.limitPerMember,
    stacking: input.stacking,
    afterRefund: input.afterRefund,
    sweepAtClose: sweepAtClose === undefined ? undefined : sweepAtClose === 'yes',
    byCodeOnly: byCodeOnly === undefined ? undefined : byCodeOnly === 'yes',
    budgetMinor: budget === undefined ? undefined : toMinor(budget, currency),
    audience: campaign === undefined ? undefined : { kind: 'campaign', campaignId: campaign },
    promotionId: input.promotion,
    description: input.description,
  });
}

/** Undefined when no option names one. @throws UsageError when options contradict. */
export function validityOf({
  days,
  validFrom,
  validUntil,
}: Pick<TermsInput, 'days' | 'validFrom' | 'validUntil'>): Body | undefined {
  if (days !== undefined) {
    if (validFrom !== undefined || validUntil !== undefined) throw new UsageError(T.oneValidity);
    return { kind: 'days', days };
  }
  if ((validFrom === undefined) !== (validUntil === undefined)) throw new UsageError(T.needsBothEnds);
  return validUntil === undefined ? undefined : { kind: 'window', startsAt: validFrom, endsAt: validUntil };
}
