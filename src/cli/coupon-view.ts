/** Coupons, grants and answers to claims as the API gives them, and as people read them. */
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import { formatAmount, formatCount, formatTime } from './format-values.js';
import { ruleAnswer, ruleWords, scopeAnswer, scopeWords } from './promotion-view.js';
import { renderPairs, renderTable } from './tables.js';
import { COUPON_TEXT as T } from './text/coupon-text.js';
import { PROMOTION_TEXT } from './text/promotion-text.js';
import type { Say, Wording } from './wording.js';

const couponTermsAnswer = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  rule: ruleAnswer,
  currency: z.string(),
  scope: scopeAnswer,
  stacking: z.string(),
});

export const couponAnswer = couponTermsAnswer.extend({
  version: z.int(),
  state: z.string(),
  promotionId: z.int().nullable(),
  issue: z.string(),
  validity: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('window'), startsAt: z.string(), endsAt: z.string() }),
    z.object({ kind: z.literal('days'), days: z.int() }),
  ]),
  opensAt: z.string(),
  closesAt: z.string(),
  audience: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('everybody') }),
    z.object({ kind: z.literal('campaign'), campaignId: z.int() }),
  ]),
  limitPerMember: z.int(),
  byCodeOnly: z.boolean(),
  sweepAtClose: z.boolean(),
  afterRefund: z.string(),
  stock: z.int().nullable(),
  granted: z.int(),
  locked: z.int(),
  redeemed: z.int(),
  forfeited: z.int(),
  revoked: z.int(),
  budgetMinor: z.string().nullable(),
  lockedMinor: z.string(),
  redeemedMinor: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  editedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  recalledAt: z.string().nullable(),
});
export type CouponAnswer = z.output<typeof couponAnswer>;

export const couponPage = z.object({ items: z.array(couponAnswer), nextCursor: z.string().nullable() });

const grantAnswer = z.object({ id: z.string(), grantedAt: z.string(), validUntil: z.string() });

export const walletPage = z.object({
  items: z.array(z.object({ grant: grantAnswer, state: z.string(), coupon: couponTermsAnswer })),
  nextCursor: z.string().nullable(),
});
type WalletItem = z.output<typeof walletPage>['items'][number];

export const claimsAnswer = z.object({
  items: z.array(z.object({ memberId: z.string(), outcome: z.string(), grant: grantAnswer.nullable() })),
});
type ClaimAnswer = z.output<typeof claimsAnswer>['items'][number];

export function renderCoupon(coupon: CouponAnswer, { say }: Pick<CliContext, 'say'>): string {
  return renderPairs([
    [say(T.fieldId), `${coupon.id}`],
    [say(PROMOTION_TEXT.fieldName), coupon.name],
    [say(PROMOTION_TEXT.fieldState), known(T.states, coupon.state, say)],
    [say(PROMOTION_TEXT.fieldRule), ruleWords(coupon, say)],
    [say(PROMOTION_TEXT.fieldScope), scopeWords(coupon.scope, say)],
    [say(PROMOTION_TEXT.fieldDescription), coupon.description],
    [say(T.fieldPromotion), coupon.promotionId?.toString()],
    [say(T.fieldIssue), issueWords(coupon, say)],
    [say(T.fieldOpens), formatTime(coupon.opensAt)],
    [say(T.fieldCloses), formatTime(coupon.closesAt)],
    [say(T.fieldValidity), validityWords(coupon, say)],
    [say(T.fieldAudience), audienceWords(coupon, say)],
    [say(T.fieldLimit), `${coupon.limitPerMember}`],
    [say(T.fieldStacking), known(T.stackings, coupon.stacking, say)],
    [say(T.fieldAfterRefund), known(T.refunds, coupon.afterRefund, say)],
    [say(T.fieldStock), stockWords(coupon.stock, say)],
    [say(T.fieldLeft), coupon.stock === null ? null : leftWords(coupon, say)],
    ...countPairs(coupon, say),
    [say(T.fieldBudget), moneyWords(coupon, say)],
    [say(PROMOTION_TEXT.fieldCreated), `${formatTime(coupon.createdAt)}  ${coupon.createdBy}`],
    [say(PROMOTION_TEXT.fieldEdited), coupon.editedAt === null ? null : formatTime(coupon.editedAt)],
    [say(PROMOTION_TEXT.fieldEnded), coupon.endedAt === null ? null : formatTime(coupon.endedAt)],
    [say(T.fieldRecalled), coupon.recalledAt === null ? null : formatTime(coupon.recalledAt)],
    [say(PROMOTION_TEXT.fieldVersion), `${coupon.version}`],
  ]);
}

export function renderCoupons(coupons: readonly CouponAnswer[], { say }: Pick<CliContext, 'say'>): string {
  return renderTable(
    [
      { title: say(T.fieldId), value: ({ id }) => `${id}`, isNumber: true },
      { title: say(PROMOTION_TEXT.fieldState), value: ({ state }) => known(T.states, state, say) },
      { title: say(T.fieldIssue), value: ({ issue }) => known(T.issues, issue, say) },
      { title: say(T.fieldStock), value: ({ stock }) => stockWords(stock, say), isNumber: true },
      { title: say(T.fieldGranted), value: ({ granted }) => formatCount(granted), isNumber: true },
      { title: say(T.fieldCloses), value: ({ closesAt }) => formatTime(closesAt) },
      { title: say(PROMOTION_TEXT.fieldRule), value: (coupon) => ruleWords(coupon, say) },
      { title: say(PROMOTION_TEXT.fieldName), value: ({ name }) => name },
    ],
    coupons,
  );
}

export function renderWallet(items: readonly WalletItem[], { say }: Pick<CliContext, 'say'>): string {
  return renderTable(
    [
      { title: say(T.fieldGrant), value: ({ grant }) => grant.id },
      { title: say(PROMOTION_TEXT.fieldState), value: ({ state }) => known(T.grantStates, state, say) },
      { title: say(T.fieldGrantedAt), value: ({ grant }) => formatTime(grant.grantedAt) },
      { title: say(T.fieldValidUntil), value: ({ grant }) => formatTime(grant.validUntil) },
      { title: say(PROMOTION_TEXT.fieldRule), value: ({ coupon }) => ruleWords(coupon, say) },
      { title: say(PROMOTION_TEXT.fieldName), value: ({ coupon }) => coupon.name },
    ],
    items,
  );
}

export function renderClaims(items: readonly ClaimAnswer[], { say }: Pick<CliContext, 'say'>): string {
  return renderTable(
    [
      { title: say(T.fieldMember), value: ({ memberId }) => memberId },
      { title: say(T.fieldOutcome), value: ({ outcome }) => known(T.outcomes, outcome, say) },
      { title: say(T.fieldGrant), value: ({ grant }) => grant?.id ?? '—' },
      { title: say(T.fieldValidUntil), value: ({ grant }) => formatTime(grant?.validUntil ?? null) },
    ],
    items,
  );
}

/** How many are left to give. */
export const leftWords = ({ stock, granted }: Pick<CouponAnswer, 'stock' | 'granted'>, say: Say): string =>
  stock === null ? say(T.withoutLimit) : formatCount(stock - granted);

const known = (words: Readonly<Record<string, Wording>>, word: string, say: Say): string => {
  const wording = words[word];
  return wording === undefined ? word : say(wording);
};

function issueWords({ issue, byCodeOnly, sweepAtClose }: CouponAnswer, say: Say): string {
  const way = byCodeOnly ? say(T.issuedByCodes) : known(T.issues, issue, say);
  return sweepAtClose ? say(T.sweptAtClose, way) : way;
}

const stockWords = (stock: number | null, say: Say): string =>
  stock === null ? say(T.withoutLimit) : formatCount(stock);

const validityWords = ({ validity }: CouponAnswer, say: Say): string =>
  validity.kind === 'days'
    ? say(T.daysWords, validity.days)
    : say(T.windowWords, formatTime(validity.startsAt), formatTime(validity.endsAt));

const audienceWords = ({ audience }: CouponAnswer, say: Say): string =>
  audience.kind === 'everybody' ? say(T.forEverybody) : say(T.forCampaign, audience.campaignId);

/** Counts of grants by what became of them; those with members are the rest. */
function countPairs(coupon: CouponAnswer, say: Say): readonly (readonly [string, string | null])[] {
  const { granted, locked, redeemed, forfeited, revoked } = coupon;
  const some = (count: number): string | null => (count === 0 ? null : formatCount(count));
  return [
    [say(T.fieldGranted), formatCount(granted)],
    [say(T.fieldAvailable), formatCount(granted - locked - redeemed - forfeited - revoked)],
    [say(T.fieldLocked), some(locked)],
    [say(T.fieldRedeemed), some(redeemed)],
    [say(T.fieldForfeited), some(forfeited)],
    [say(T.fieldRevoked), some(revoked)],
  ];
}

function moneyWords({ budgetMinor, lockedMinor, redeemedMinor, currency }: CouponAnswer, say: Say): string {
  const money = (amountMinor: string): string => formatAmount(amountMinor, currency);
  const budget = budgetMinor === null ? say(T.withoutLimit) : money(budgetMinor);
  return say(T.ofMoney, money(lockedMinor), money(redeemedMinor), budget);
}
