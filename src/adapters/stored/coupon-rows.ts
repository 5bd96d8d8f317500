import { campaignId, couponId, orderId, ordinal, promotionId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { assert } from '../../core/assert.js';
import type {
  Coupon,
  CouponIssue,
  CouponStacking,
  CouponState,
  CouponValidity,
  RefundRule,
} from '../../coupon/coupon.js';
import type { CouponOrder, OrderState, OrderUse } from '../../coupon/order/coupon-order.js';
import type { JournalEntry } from '../../coupon/grant/grant-repository.js';
import { STORED_GRANT_STATES, type Grant } from '../../coupon/grant/grant.js';
import { parseStoredRule, parseStoredScope, ruleToJson, scopeToJson } from '../../promotion/promotion-json.js';

/** Of the table `coupon`. */
export interface CouponTermsRow {
  readonly coupon_id: number;
  readonly version: number;
  readonly state: string;
  readonly name: string;
  readonly description: string | null;
  readonly promotion_id: number | null;
  readonly issue: string;
  readonly kind: string;
  readonly rule: string;
  readonly currency: string;
  readonly scope: string;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly valid_days: number | null;
  readonly opens_at: number;
  readonly closes_at: number;
  readonly audience_campaign_id: number | null;
  readonly limit_per_member: number;
  readonly stacking: string;
  readonly after_refund: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly edited_at: number | null;
  readonly ended_at: number | null;
  readonly given_eagerly: number;
  readonly sweep_at_close: number;
  readonly recalled_at: number | null;
  readonly by_code_only: number;
}

/** All columns of the table `coupon`. */
export const COUPON_COLUMNS = [
  'coupon_id',
  'version',
  'state',
  'name',
  'description',
  'promotion_id',
  'issue',
  'kind',
  'rule',
  'currency',
  'scope',
  'valid_from',
  'valid_until',
  'valid_days',
  'opens_at',
  'closes_at',
  'audience_campaign_id',
  'limit_per_member',
  'stacking',
  'after_refund',
  'created_by',
  'created_at',
  'edited_at',
  'ended_at',
  'given_eagerly',
  'sweep_at_close',
  'recalled_at',
  'by_code_only',
] as const satisfies readonly (keyof CouponTermsRow)[];

/** With what `coupon_stock` says of it. The sums of amounts may be more than a double holds: then they come as text. */
export interface CouponRow extends CouponTermsRow {
  readonly stock: number | null;
  readonly budget_minor: number | null;
  readonly granted: number;
  readonly locked: number;
  readonly redeemed: number;
  readonly forfeited: number;
  readonly revoked: number;
  readonly locked_minor: number | string;
  readonly redeemed_minor: number | string;
}

export const toCouponTermsRow = (coupon: Coupon): CouponTermsRow => ({
  coupon_id: coupon.id,
  version: coupon.version,
  state: coupon.storedState,
  name: coupon.name,
  description: coupon.description ?? null,
  promotion_id: coupon.promotionId ?? null,
  issue: coupon.issue,
  kind: coupon.rule.kind,
  rule: JSON.stringify(ruleToJson(coupon.rule)),
  currency: coupon.currency,
  scope: JSON.stringify(scopeToJson(coupon.scope)),
  valid_from: coupon.validity.kind === 'window' ? coupon.validity.startsAt : null,
  valid_until: coupon.validity.kind === 'window' ? coupon.validity.endsAt : null,
  valid_days: coupon.validity.kind === 'days' ? coupon.validity.days : null,
  opens_at: coupon.opensAt,
  closes_at: coupon.closesAt,
  audience_campaign_id: coupon.audience.kind === 'campaign' ? coupon.audience.campaignId : null,
  limit_per_member: coupon.limitPerMember,
  stacking: coupon.stacking,
  after_refund: coupon.afterRefund,
  created_by: coupon.createdBy,
  created_at: coupon.createdAt,
  edited_at: coupon.editedAt ?? null,
  ended_at: coupon.endedAt ?? null,
  given_eagerly: Number(coupon.isGivenEagerly),
  sweep_at_close: Number(coupon.sweepAtClose),
  recalled_at: coupon.recalledAt ?? null,
  by_code_only: Number(coupon.byCodeOnly),
});

/* The words of a row are those that CHECKs let in. */
export const fromCouponRow = (row: CouponRow): Coupon => ({
  id: couponId(row.coupon_id),
  version: row.version,
  storedState: row.state as CouponState,
  name: row.name,
  description: row.description ?? undefined,
  promotionId: row.promotion_id === null ? undefined : promotionId(row.promotion_id),
  issue: row.issue as CouponIssue,
  rule: parseStoredRule(row.rule),
  currency: row.currency,
  scope: parseStoredScope(row.scope),
  validity: validityOf(row),
  opensAt: epochMs(row.opens_at),
  closesAt: epochMs(row.closes_at),
  audience:
    row.audience_campaign_id === null
      ? { kind: 'everybody' }
      : { kind: 'campaign', campaignId: campaignId(row.audience_campaign_id) },
  limitPerMember: row.limit_per_member,
  stacking: row.stacking as CouponStacking,
  afterRefund: row.after_refund as RefundRule,
  stock: row.stock ?? undefined,
  budgetMinor: row.budget_minor === null ? undefined : BigInt(row.budget_minor),
  createdBy: row.created_by,
  createdAt: epochMs(row.created_at),
  editedAt: row.edited_at === null ? undefined : epochMs(row.edited_at),
  endedAt: row.ended_at === null ? undefined : epochMs(row.ended_at),
  isGivenEagerly: row.given_eagerly === 1,
  sweepAtClose: row.sweep_at_close === 1,
  byCodeOnly: row.by_code_only === 1,
  recalledAt: row.recalled_at === null ? undefined : epochMs(row.recalled_at),
  counts: {
    granted: row.granted,
    locked: row.locked,
    redeemed: row.redeemed,
    forfeited: row.forfeited,
    revoked: row.revoked,
    lockedMinor: BigInt(row.locked_minor),
    redeemedMinor: BigInt(row.redeemed_minor),
  },
});

function validityOf({ valid_from: from, valid_until: until, valid_days: days }: CouponRow): CouponValidity {
  if (days !== null) return { kind: 'days', days };
  assert(from !== null && until !== null, 'a validity without days has both its ends');
  return { kind: 'window', startsAt: epochMs(from), endsAt: epochMs(until) };
}

export interface GrantRow {
  readonly coupon_id: number;
  readonly ordinal: number;
  readonly n: number;
  readonly state: number;
  readonly granted_at: number;
  readonly request: Uint8Array | null;
  readonly order_id: string | null;
  readonly amount_minor: number | null;
  readonly lock_ends_at: number | null;
}

export const toGrantRow = (grant: Grant): GrantRow => ({
  coupon_id: grant.couponId,
  ordinal: grant.ordinal,
  n: grant.n,
  state: STORED_GRANT_STATES.indexOf(grant.state),
  granted_at: grant.grantedAt,
  request: grant.request ?? null,
  order_id: grant.use?.orderId ?? null,
  amount_minor: grant.use === undefined ? null : Number(grant.use.amountMinor), // a double holds it
  lock_ends_at: grant.use?.lockEndsAt ?? null,
});

export function fromGrantRow(row: GrantRow): Grant {
  const state = STORED_GRANT_STATES[row.state];
  assert(state !== undefined, `a grant has no state ${row.state}`);
  return {
    couponId: couponId(row.coupon_id),
    ordinal: ordinal(row.ordinal),
    n: row.n,
    state,
    grantedAt: epochMs(row.granted_at),
    request: row.request === null ? undefined : new Uint8Array(row.request),
    use:
      row.order_id === null
        ? undefined
        : {
            orderId: orderId(row.order_id),
            amountMinor: BigInt(row.amount_minor ?? 0),
            lockEndsAt: row.lock_ends_at === null ? undefined : epochMs(row.lock_ends_at),
          },
  };
}

export interface JournalRow {
  readonly coupon_id: number;
  readonly position: number;
  readonly ordinal: number;
  readonly n: number;
  readonly move: string;
  readonly at: number;
  readonly actor: string;
  readonly why: string | null;
  readonly order_id: string | null;
  readonly amount_minor: number | null;
  readonly lock_ends_at: number | null;
}

export const toJournalRow = (entry: JournalEntry, position: number): JournalRow => ({
  coupon_id: entry.couponId,
  position,
  ordinal: entry.ordinal,
  n: entry.n,
  move: entry.move,
  at: entry.at,
  actor: entry.actor,
  why: entry.why ?? null,
  order_id: entry.orderId ?? null,
  amount_minor: entry.amountMinor === undefined ? null : Number(entry.amountMinor),
  lock_ends_at: entry.lockEndsAt ?? null,
});

/* The words of a row were written from the same unions. */
export const fromJournalRow = (row: JournalRow): JournalEntry & { readonly position: number } => ({
  couponId: couponId(row.coupon_id),
  ordinal: ordinal(row.ordinal),
  n: row.n,
  position: row.position,
  move: row.move as JournalEntry['move'],
  at: epochMs(row.at),
  actor: row.actor,
  why: (row.why ?? undefined) as JournalEntry['why'],
  orderId: row.order_id === null ? undefined : orderId(row.order_id),
  amountMinor: row.amount_minor === null ? undefined : BigInt(row.amount_minor),
  lockEndsAt: row.lock_ends_at === null ? undefined : epochMs(row.lock_ends_at),
});

/** Of the table `coupon_order`. */
export interface OrderRow {
  readonly order_id: string;
  readonly ordinal: number | null;
  readonly state: string;
  readonly version: number;
  readonly was_paid: number;
  readonly request: Uint8Array | null;
  readonly lock_ends_at: number | null;
  readonly forget_at: number | null;
  readonly has_versions: number | null;
}

export const toOrderRow = (order: CouponOrder): OrderRow => ({
  order_id: order.orderId,
  ordinal: order.ordinal ?? null,
  state: order.state,
  version: order.version,
  was_paid: order.wasPaid ? 1 : 0,
  request: order.request ?? null,
  lock_ends_at: order.lockEndsAt ?? null,
  forget_at: order.forgetAt ?? null,
  has_versions: order.hasVersions === undefined ? null : Number(order.hasVersions),
});

export const fromOrderRow = (row: OrderRow): CouponOrder => ({
  orderId: orderId(row.order_id),
  ordinal: row.ordinal === null ? undefined : ordinal(row.ordinal),
  state: row.state as OrderState, // those that a CHECK lets in
  version: row.version,
  wasPaid: row.was_paid === 1,
  hasVersions: row.has_versions === null ? undefined : row.has_versions === 1,
  request: row.request === null ? undefined : new Uint8Array(row.request),
  lockEndsAt: row.lock_ends_at === null ? undefined : epochMs(row.lock_ends_at),
  forgetAt: row.forget_at === null ? undefined : epochMs(row.forget_at),
});

/** Of the table `coupon_use`. */
export interface UseRow {
  readonly order_id: string;
  readonly coupon_id: number;
  readonly ordinal: number;
  readonly n: number;
  readonly amount_minor: number;
  readonly released: number;
}

/** As a row of what the order uses. */
export const toUseRow = (use: OrderUse): UseRow => ({
  order_id: use.orderId,
  coupon_id: use.couponId,
  ordinal: use.ordinal,
  n: use.n,
  amount_minor: Number(use.amountMinor),
  released: 0,
});

export const fromUseRow = (row: UseRow): OrderUse => ({
  orderId: orderId(row.order_id),
  couponId: couponId(row.coupon_id),
  ordinal: ordinal(row.ordinal),
  n: row.n,
  amountMinor: BigInt(row.amount_minor),
});
