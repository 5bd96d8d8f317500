import { campaignId, couponId, ordinal, promotionId } from '../../core/ids.js';
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
import type { JournalEntry } from '../../coupon/grant-repository.js';
import { STORED_GRANT_STATES, type Grant } from '../../coupon/grant.js';
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
}

/** With what `coupon_stock` says of it. Amounts are whole numbers that a double holds exactly. */
export interface CouponRow extends CouponTermsRow {
  readonly stock: number | null;
  readonly budget_minor: number | null;
  readonly granted: number;
  readonly locked: number;
  readonly redeemed: number;
  readonly forfeited: number;
  readonly revoked: number;
  readonly locked_minor: number;
  readonly redeemed_minor: number;
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
}

export const toGrantRow = (grant: Grant): GrantRow => ({
  coupon_id: grant.couponId,
  ordinal: grant.ordinal,
  n: grant.n,
  state: STORED_GRANT_STATES.indexOf(grant.state),
  granted_at: grant.grantedAt,
  request: grant.request ?? null,
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
}

export const fromJournalRow = (row: JournalRow): JournalEntry & { readonly position: number } => ({
  couponId: couponId(row.coupon_id),
  ordinal: ordinal(row.ordinal),
  n: row.n,
  position: row.position,
  move: row.move as JournalEntry['move'], // written from the same union
  at: epochMs(row.at),
  actor: row.actor,
});
