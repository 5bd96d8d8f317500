import type { Channel } from './channels.js';
import type { GrantState } from './grant-states.js';

/**
 * A condition on members, as a typed tree. Two-valued: a member without the value fails the test, and `not` turns
 * that into a pass. Built by the parsers of membership only, which keep these bounds: `all` and `any` hold at least
 * two filters, lists at least one value, a range at least one bound.
 */
export type MemberFilter =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'and'; readonly all: readonly MemberFilter[] }
  | { readonly kind: 'or'; readonly any: readonly MemberFilter[] }
  | { readonly kind: 'not'; readonly filter: MemberFilter }
  | { readonly kind: 'number'; readonly field: NumberField; readonly test: ListTest<number> | NumberRange }
  | { readonly kind: 'text'; readonly field: TextField; readonly test: ListTest<string> }
  /** Carries at least one of these tags. */
  | { readonly kind: 'tag'; readonly test: ListTest<string> }
  /** May be told on this channel: consent given, or, for the inbox, not refused. */
  | { readonly kind: 'consent'; readonly channel: Channel }
  /** Has an address for this channel; every member has the inbox. */
  | { readonly kind: 'contact'; readonly channel: Channel }
  | { readonly kind: 'attribute'; readonly key: string; readonly test: ListTest<Scalar> | ScalarRange }
  | CouponFilter;

/** What a member has to do with one coupon. */
export type CouponFilter =
  /** Holds a grant that is in one of these states now. */
  | { readonly kind: 'couponState'; readonly couponId: number; readonly test: ListTest<GrantState> }
  /** Holds an available grant that is valid for so many days more; one that has begun counts whole. */
  | { readonly kind: 'couponDaysLeft'; readonly couponId: number; readonly test: ListTest<number> | NumberRange }
  /** Was sent a message of a campaign that tells of it. */
  | { readonly kind: 'couponTold'; readonly couponId: number }
  /** Was granted one, whatever became of it. */
  | { readonly kind: 'couponHeld'; readonly couponId: number };

/** Columns that hold a whole number; `lastActiveAt` in UTC milliseconds. */
export const NUMBER_FIELDS = ['level', 'points', 'activeDays', 'lastActiveAt'] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];

export const TEXT_FIELDS = ['timeZone', 'locale'] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

export type Scalar = string | number | boolean;

export interface ListTest<Value> {
  readonly kind: 'in';
  readonly values: readonly Value[];
}

/** Both bounds belong to the range. */
export interface NumberRange {
  readonly kind: 'range';
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/**
 * Numbers compare with numbers, texts with texts (by their UTF-8 bytes); a value of the other type is outside.
 * One bound, or `atLeast` and `atMost` together.
 */
export interface ScalarRange {
  readonly kind: 'range';
  readonly atLeast?: string | number | undefined;
  readonly atMost?: string | number | undefined;
  readonly above?: string | number | undefined;
  readonly below?: string | number | undefined;
}

export const EVERYBODY: MemberFilter = { kind: 'everybody' };
