/**
 * The tests that can be made on a field, from whatever form they were written in (JSON or text) to the typed leaf.
 * Values are checked here once: a level is a whole number, a time zone a text, an attribute any scalar.
 */
import type { MemberFilter, NumberField, NumberRange, Scalar, ScalarRange } from '../core/member-filter.js';
import { parseInstant } from '../core/time.js';
import { daysOf, daysRange, stateOf } from './coupon-fields.js';
import { bothOf, FILTER_LIMITS, nameOfField, type FilterField } from './filter-fields.js';
import { at, invalidFilter, type FilterPlace } from './filter-refusal.js';

/** Operators, by the names they have in JSON. */
export const RANGE_OPERATORS = ['atLeast', 'above', 'atMost', 'below'] as const;
export type RangeOperator = (typeof RANGE_OPERATORS)[number];

export type RangeInput = Readonly<Partial<Record<RangeOperator, unknown>>>;

/** A field is one of `values`. Consent and contact compare with true and false. */
export function listTest(field: FilterField, values: readonly unknown[], place: FilterPlace): MemberFilter {
  if (values.length === 0)
    throw invalidFilter('emptyList', `The list ${at(place)} is empty; give at least one value.`, place);
  switch (field.kind) {
    case 'number':
      return {
        kind: 'number',
        field: field.field,
        test: { kind: 'in', values: values.map((value) => wholeOf(field.field, value, place)) },
      };
    case 'text':
      return {
        kind: 'text',
        field: field.field,
        test: { kind: 'in', values: values.map((value) => textOf(field, value, place)) },
      };
    case 'tag':
      return { kind: 'tag', test: { kind: 'in', values: values.map((value) => textOf(field, value, place)) } };
    case 'attribute':
      return {
        kind: 'attribute',
        key: field.key,
        test: { kind: 'in', values: values.map((value) => scalarOf(field, value, place)) },
      };
    case 'couponState':
      return {
        ...field,
        kind: field.kind,
        test: { kind: 'in', values: values.map((value) => stateOf(field, value, place)) },
      };
    case 'couponDaysLeft':
      return {
        ...field,
        kind: field.kind,
        test: { kind: 'in', values: values.map((value) => daysOf(field, value, place)) },
      };
    case 'consent':
    case 'contact':
    case 'couponTold':
    case 'couponHeld':
      return booleanTest(field, values, place);
  }
}

type BooleanField = Extract<MemberFilter, { readonly kind: 'consent' | 'contact' | 'couponTold' | 'couponHeld' }>;

function booleanTest(field: BooleanField, values: readonly unknown[], place: FilterPlace): MemberFilter {
  const [value] = values;
  if (values.length !== 1 || typeof value !== 'boolean') {
    throw invalidFilter(
      'notBoolean',
      `${nameOfField(field)} ${at(place)} is true or false; leave the value out for true.`,
      {
        ...place,
        field: nameOfField(field),
      },
    );
  }
  return value ? field : { kind: 'not', filter: field };
}

/** A field lies between bounds: at most one lower and one upper. */
export function rangeTest(field: FilterField, bounds: RangeInput, place: FilterPlace): MemberFilter {
  if (
    (bounds.atLeast !== undefined && bounds.above !== undefined) ||
    (bounds.atMost !== undefined && bounds.below !== undefined)
  ) {
    throw invalidFilter('twoBounds', `${nameOfField(field)} ${at(place)} has two bounds on one side; keep one.`, {
      ...place,
      field: nameOfField(field),
    });
  }
  if (field.kind === 'number')
    return { kind: 'number', field: field.field, test: wholeRange(field.field, bounds, place) };
  if (field.kind === 'attribute') return attributeRange(field, bounds, place);
  if (field.kind === 'couponDaysLeft')
    return { kind: field.kind, couponId: field.couponId, test: daysRange(field, bounds, place) };
  throw invalidFilter('noOrder', `${nameOfField(field)} ${at(place)} has no order; use equals or in.`, {
    ...place,
    field: nameOfField(field),
  });
}

/** Bounds of whole numbers are kept inclusive: above 4 is at least 5. */
function wholeRange(field: NumberField, bounds: RangeInput, place: FilterPlace): NumberRange {
  const bound = (value: unknown, step: number): number | undefined =>
    value === undefined ? undefined : wholeOf(field, value, place) + step;
  const atLeast = bound(bounds.atLeast, 0) ?? bound(bounds.above, 1);
  const atMost = bound(bounds.atMost, 0) ?? bound(bounds.below, -1);
  return { kind: 'range', ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}

/** Two bounds of which one is exclusive become two conditions. */
function attributeRange(
  field: FilterField & { readonly kind: 'attribute' },
  bounds: RangeInput,
  place: FilterPlace,
): MemberFilter {
  const leaf = (test: Omit<ScalarRange, 'kind'>): MemberFilter => ({
    kind: 'attribute',
    key: field.key,
    test: { kind: 'range', ...test },
  });
  const bound = (value: unknown): string | number => orderedOf(field, value, place);
  const { atLeast, atMost } = bounds;
  if (atLeast !== undefined && atMost !== undefined) {
    const test = { atLeast: bound(atLeast), atMost: bound(atMost) };
    if (typeof test.atLeast !== typeof test.atMost) {
      throw invalidFilter(
        'boundsOfTwoTypes',
        `${nameOfField(field)} ${at(place)} has bounds of two types; use two numbers or two texts.`,
        {
          ...place,
          field: nameOfField(field),
        },
      );
    }
    return leaf(test);
  }
  const leaves: MemberFilter[] = [];
  if (atLeast !== undefined) leaves.push(leaf({ atLeast: bound(atLeast) }));
  if (bounds.above !== undefined) leaves.push(leaf({ above: bound(bounds.above) }));
  if (atMost !== undefined) leaves.push(leaf({ atMost: bound(atMost) }));
  if (bounds.below !== undefined) leaves.push(leaf({ below: bound(bounds.below) }));
  return bothOf(leaves);
}

function wholeOf(field: NumberField, value: unknown, place: FilterPlace): number {
  const number = field === 'lastActiveAt' && typeof value === 'string' ? parseInstant(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && Math.abs(number) <= MAX_WHOLE[field]) {
    return number === 0 ? 0 : number;
  }
  throw invalidFilter(
    field === 'lastActiveAt' ? 'notInstant' : 'notWhole',
    field === 'lastActiveAt'
      ? `lastActiveAt ${at(place)} compares with a time and its offset, such as 2026-11-11T00:00:00+08:00.`
      : `${field} ${at(place)} compares with a whole number.`,
    { ...place, field },
  );
}

/** Beyond these a bound says nothing that the edge does not say; instants must be printable. */
const MAX_WHOLE: Readonly<Record<NumberField, number>> = {
  level: 1_000_000,
  points: Number.MAX_SAFE_INTEGER - 1,
  activeDays: 1_000_000,
  lastActiveAt: 8_640_000_000_000_000 - 1,
};

function textOf(field: FilterField, value: unknown, place: FilterPlace): string {
  if (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= FILTER_LIMITS.valueCharacters &&
    !value.includes('\0')
  )
    return value;
  throw invalidFilter(
    'notText',
    `${nameOfField(field)} ${at(place)} compares with a text of 1 to ${FILTER_LIMITS.valueCharacters} characters.`,
    { ...place, field: nameOfField(field), limit: FILTER_LIMITS.valueCharacters },
  );
}

function scalarOf(field: FilterField, value: unknown, place: FilterPlace): Scalar {
  if (typeof value === 'boolean') return value;
  if (isFiniteNumber(value)) return value === 0 ? 0 : value; // -0 has no text of its own
  if (typeof value === 'string' && value.length <= FILTER_LIMITS.valueCharacters && !value.includes('\0')) return value;
  throw invalidFilter(
    'notScalar',
    `${nameOfField(field)} ${at(place)} compares with a number, true, false or a text of at most ${FILTER_LIMITS.valueCharacters} characters.`,
    { ...place, field: nameOfField(field), limit: FILTER_LIMITS.valueCharacters },
  );
}

function orderedOf(field: FilterField, value: unknown, place: FilterPlace): string | number {
  const scalar = scalarOf(field, value, place);
  if (typeof scalar !== 'boolean') return scalar;
  throw invalidFilter(
    'noOrderOfBooleans',
    `${nameOfField(field)} ${at(place)} has no order between true and false; use equals.`,
    {
      ...place,
      field: nameOfField(field),
    },
  );
}

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
