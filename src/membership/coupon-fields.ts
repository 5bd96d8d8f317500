/** The fields of a filter that are about a coupon, `coupon.12.state`: their names, and the tests that can be made on them. */
import { GRANT_STATES, type GrantState } from '../core/grant-states.js';
import type { CouponFilter, MemberFilter, NumberRange } from '../core/member-filter.js';
import { nearestWord } from '../core/nearest.js';
import { at, excerpt, invalidFilter, quoted, type FilterPlace } from './filter-refusal.js';

export const COUPON_PREFIX = 'coupon.';
const NAMES = {
  couponState: 'state',
  couponDaysLeft: 'daysLeft',
  couponTold: 'told',
  couponHeld: 'held',
} as const satisfies Record<CouponFilter['kind'], string>;
const FIELD = /^coupon\.([1-9]\d{0,14})\.(\w+)$/;
/** A grant is valid for ten years at most, and a window for five. */
const MAX_DAYS = 3_660;

/** A field about one coupon. */
export type CouponField = {
  readonly [Kind in CouponFilter['kind']]: { readonly kind: Kind; readonly couponId: number };
}[CouponFilter['kind']];

export const nameOfCouponField = ({ kind, couponId }: CouponField): string =>
  `${COUPON_PREFIX}${couponId}.${NAMES[kind]}`;

/** As people read it in a list of fields. */
export const COUPON_FIELD_SHAPES: readonly string[] = Object.values(NAMES).map((name) => `${COUPON_PREFIX}ID.${name}`);

export const isCouponFilter = (filter: MemberFilter): filter is CouponFilter => filter.kind in NAMES;

/** @throws DomainError `INVALID_FILTER`. */
export function couponField(name: string, place: FilterPlace): CouponField {
  const [, id, about] = FIELD.exec(name) ?? [];
  const found = Object.entries(NAMES).find(([, known]) => known === about);
  if (id !== undefined && found !== undefined) {
    return { kind: found[0] as CouponFilter['kind'], couponId: Number(id) }; // a key of NAMES
  }
  const nearest = about === undefined ? undefined : nearestWord(about, Object.values(NAMES));
  throw invalidFilter(
    'unknownField',
    `${quoted(name)} ${at(place)} is no field about a coupon${nearest === undefined ? '.' : `; did you mean ${nearest}?`} Known: ${COUPON_FIELD_SHAPES.join(', ')}.`,
    { ...place, field: excerpt(name), nearest, known: COUPON_FIELD_SHAPES },
  );
}

export function stateOf(field: CouponField, value: unknown, place: FilterPlace): GrantState {
  const state = GRANT_STATES.find((known) => known === value);
  if (state !== undefined) return state;
  const name = nameOfCouponField(field);
  throw invalidFilter('unknownState', `${name} ${at(place)} is one of ${GRANT_STATES.join(', ')}.`, {
    ...place,
    field: name,
    nearest: typeof value === 'string' ? nearestWord(value, GRANT_STATES) : undefined,
    known: GRANT_STATES,
  });
}

export function daysOf(field: CouponField, value: unknown, place: FilterPlace): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_DAYS) return value;
  const name = nameOfCouponField(field);
  throw invalidFilter('notWhole', `${name} ${at(place)} compares with a whole number of days, at most ${MAX_DAYS}.`, {
    ...place,
    field: name,
  });
}

/** Of days counted whole: above 4 is at least 5. */
export function daysRange(
  field: CouponField,
  bounds: Readonly<Partial<Record<'atLeast' | 'above' | 'atMost' | 'below', unknown>>>,
  place: FilterPlace,
): NumberRange {
  const bound = (value: unknown, step: number): number | undefined =>
    value === undefined ? undefined : daysOf(field, value, place) + step;
  const atLeast = bound(bounds.atLeast, 0) ?? bound(bounds.above, 1);
  const atMost = bound(bounds.atMost, 0) ?? bound(bounds.below, -1);
  return { kind: 'range', ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}
