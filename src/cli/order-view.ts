/** What orders hold, single grants and the journal, as the API answers them, and as people read them. */
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import { formatTime } from './format-values.js';
import { renderPairs, renderTable } from './tables.js';
import { COUPON_TEXT } from './text/coupon-text.js';
import { ORDER_TEXT as T } from './text/order-text.js';
import { PROMOTION_TEXT } from './text/promotion-text.js';
import type { Say, Wording } from './wording.js';

const nullableText = z.string().nullable();

export const orderAnswer = z.object({
  orderId: z.string(),
  memberId: nullableText,
  state: z.string(),
  lockEndsAt: nullableText,
  discountMinor: z.string(),
  grants: z.array(z.object({ grantId: z.string(), discountMinor: z.string(), holding: z.string() })),
});
export type OrderAnswer = z.output<typeof orderAnswer>;

export const heldGrantAnswer = z.object({
  id: z.string(),
  memberId: nullableText,
  state: z.string(),
  grantedAt: z.string(),
  validUntil: z.string(),
  orderId: nullableText,
  discountMinor: nullableText,
  lockEndsAt: nullableText,
});
export type HeldGrantAnswer = z.output<typeof heldGrantAnswer>;

export const journalPage = z.object({
  items: z.array(
    z.object({
      grantId: z.string(),
      move: z.string(),
      why: nullableText,
      orderId: nullableText,
      amountMinor: nullableText,
      actor: z.string(),
      at: z.string(),
    }),
  ),
  nextCursor: nullableText,
});
type JournalLine = z.output<typeof journalPage>['items'][number];

/** Amounts are in minor units: the currency is the coupon's, and several may be in one order. */
export function renderOrder(order: OrderAnswer, { say }: Pick<CliContext, 'say'>): string {
  const facts = renderPairs([
    [say(T.fieldOrder), order.orderId],
    [say(PROMOTION_TEXT.fieldState), known(T.orderStates, order.state, say)],
    [say(COUPON_TEXT.fieldMember), order.memberId],
    [say(T.fieldLockEnds), order.lockEndsAt === null ? null : formatTime(order.lockEndsAt)],
    [say(T.fieldDiscount), order.discountMinor],
  ]);
  if (order.grants.length === 0) return facts;
  const grants = renderTable(
    [
      { title: say(COUPON_TEXT.fieldGrant), value: ({ grantId }) => grantId },
      { title: say(T.fieldHolding), value: ({ holding }) => known(T.holdings, holding, say) },
      { title: say(T.fieldDiscount), value: ({ discountMinor }) => discountMinor, isNumber: true },
    ],
    order.grants,
  );
  return `${facts}\n${grants}`;
}

export const renderGrant = (grant: HeldGrantAnswer, { say }: Pick<CliContext, 'say'>): string =>
  renderPairs([
    [say(COUPON_TEXT.fieldGrant), grant.id],
    [say(COUPON_TEXT.fieldMember), grant.memberId],
    [say(PROMOTION_TEXT.fieldState), known(COUPON_TEXT.grantStates, grant.state, say)],
    [say(COUPON_TEXT.fieldGrantedAt), formatTime(grant.grantedAt)],
    [say(COUPON_TEXT.fieldValidUntil), formatTime(grant.validUntil)],
    [say(T.fieldOrder), grant.orderId],
    [say(T.fieldDiscount), grant.discountMinor],
    [say(T.fieldLockEnds), grant.lockEndsAt === null ? null : formatTime(grant.lockEndsAt)],
  ]);

export const renderJournal = (lines: readonly JournalLine[], { say }: Pick<CliContext, 'say'>): string =>
  renderTable(
    [
      { title: say(T.fieldAt), value: ({ at }) => formatTime(at) },
      { title: say(COUPON_TEXT.fieldGrant), value: ({ grantId }) => grantId },
      { title: say(T.fieldMove), value: ({ move }) => move },
      { title: say(T.fieldReason), value: ({ why }) => why ?? '—' },
      { title: say(T.fieldOrder), value: ({ orderId }) => orderId ?? '—' },
      { title: say(T.fieldAmount), value: ({ amountMinor }) => amountMinor ?? '—', isNumber: true },
      { title: say(T.fieldActor), value: ({ actor }) => actor },
    ],
    lines,
  );

const known = (words: Readonly<Record<string, Wording>>, word: string, say: Say): string => {
  const wording = words[word];
  return wording === undefined ? word : say(wording);
};
