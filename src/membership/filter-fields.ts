import { CHANNELS, type Channel } from '../core/channels.js';
import type { DomainError } from '../core/errors.js';
import {
  NUMBER_FIELDS,
  TEXT_FIELDS,
  type MemberFilter,
  type NumberField,
  type TextField,
} from '../core/member-filter.js';
import { nearestWord } from '../core/nearest.js';
import {
  COUPON_FIELD_SHAPES,
  COUPON_PREFIX,
  couponField,
  nameOfCouponField,
  type CouponField,
} from './coupon-fields.js';
import { at, excerpt, invalidFilter, quoted, type FilterPlace } from './filter-refusal.js';
import { isAttributeKey, MEMBER_LIMITS } from './member.js';

/** How far a filter may go; beyond it the answer is `INVALID_FILTER`. */
export const FILTER_LIMITS = {
  /** Filters inside filters. */
  depth: 16,
  /** Filters in the whole tree. */
  nodes: 200,
  /** Values in one list. */
  listValues: 1_000,
  /** Values in the whole tree. */
  values: 5_000,
  textCharacters: 65_536,
  valueCharacters: 256,
} as const;

/** A field of a filter, as its name says. */
export type FilterField =
  | { readonly kind: 'number'; readonly field: NumberField }
  | { readonly kind: 'text'; readonly field: TextField }
  | { readonly kind: 'tag' }
  | { readonly kind: 'consent'; readonly channel: Channel }
  | { readonly kind: 'contact'; readonly channel: Channel }
  | { readonly kind: 'attribute'; readonly key: string }
  | CouponField;

/** Every field but the attributes, which are the shop's own. */
export const FILTER_FIELD_NAMES: readonly string[] = [
  ...NUMBER_FIELDS,
  ...TEXT_FIELDS,
  'tag',
  ...CHANNELS.map((channel) => `consent.${channel}`),
  ...CHANNELS.map((channel) => `contact.${channel}`),
];

const FIELD_BY_NAME: ReadonlyMap<string, FilterField> = new Map<string, FilterField>([
  ...NUMBER_FIELDS.map((field) => [field, { kind: 'number', field }] as const),
  ...TEXT_FIELDS.map((field) => [field, { kind: 'text', field }] as const),
  ['tag', { kind: 'tag' }],
  ...CHANNELS.map((channel) => [`consent.${channel}`, { kind: 'consent', channel }] as const),
  ...CHANNELS.map((channel) => [`contact.${channel}`, { kind: 'contact', channel }] as const),
]);

/** @throws DomainError `INVALID_FILTER` that names the nearest known field. */
export function filterField(name: string, place: FilterPlace): FilterField {
  if (name.startsWith(ATTRIBUTE_PREFIX))
    return { kind: 'attribute', key: attributeKey(name.slice(ATTRIBUTE_PREFIX.length), place) };
  if (name.startsWith(COUPON_PREFIX)) return couponField(name, place);
  const field = FIELD_BY_NAME.get(name);
  if (field !== undefined) return field;
  const nearest = nearestWord(name, [...FILTER_FIELD_NAMES, 'attributes.', 'coupon.']);
  const known = [...FILTER_FIELD_NAMES, 'attributes.KEY', ...COUPON_FIELD_SHAPES];
  throw invalidFilter(
    'unknownField',
    `${quoted(name)} ${at(place)} is no field of a member${nearest === undefined ? '.' : `; did you mean ${nearest}?`} Known: ${known.join(', ')}.`,
    { ...place, field: excerpt(name), nearest, known },
  );
}

export const nameOfField = (field: FilterField): string => {
  if (field.kind === 'attribute') return ATTRIBUTE_PREFIX + field.key;
  if (field.kind === 'consent' || field.kind === 'contact') return `${field.kind}.${field.channel}`;
  if (isCouponField(field)) return nameOfCouponField(field);
  return field.kind === 'tag' ? 'tag' : field.field;
};

export const isCouponField = (field: FilterField): field is CouponField => 'couponId' in field;

/** Fields that are true or false: their name alone is a test. */
export const isBooleanField = ({ kind }: FilterField): boolean =>
  kind === 'consent' || kind === 'contact' || kind === 'couponTold' || kind === 'couponHeld';

function attributeKey(key: string, place: FilterPlace): string {
  if (!isAttributeKey(key)) {
    const limit = MEMBER_LIMITS.attributeKeyCharacters;
    throw invalidFilter(
      'attributeKey',
      `The attribute key ${at(place)} must be 1 to ${limit} characters without quotes or backslashes.`,
      { ...place, limit },
    );
  }
  return key;
}

const ATTRIBUTE_PREFIX = 'attributes.';

/** @throws DomainError `INVALID_FILTER` for a tree beyond FILTER_LIMITS. */
export function checkFilterSize(filter: MemberFilter): void {
  let nodes = 0;
  let values = 0;
  const visit = (node: MemberFilter, depth: number): void => {
    if (depth > FILTER_LIMITS.depth) throw tooDeep();
    nodes += 1;
    if ('test' in node && node.test.kind === 'in') {
      values += node.test.values.length;
      if (node.test.values.length > FILTER_LIMITS.listValues) throw tooManyValues();
    }
    for (const child of childFilters(node)) visit(child, depth + 1);
  };
  visit(filter, 1);
  if (nodes > FILTER_LIMITS.nodes) throw tooManyNodes();
  if (values > FILTER_LIMITS.values) throw tooManyValues();
}

export const tooDeep = (): DomainError =>
  invalidFilter('tooDeep', `The filter is nested deeper than ${FILTER_LIMITS.depth}; flatten it.`, {
    limit: FILTER_LIMITS.depth,
  });

export const tooManyNodes = (): DomainError =>
  invalidFilter('tooManyConditions', `The filter has more than ${FILTER_LIMITS.nodes} conditions; use lists.`, {
    limit: FILTER_LIMITS.nodes,
  });

export const tooManyValues = (): DomainError =>
  invalidFilter(
    'tooManyValues',
    `The filter has too many values (at most ${FILTER_LIMITS.listValues} in a list, ${FILTER_LIMITS.values} in all); tag those members instead.`,
    { listLimit: FILTER_LIMITS.listValues, limit: FILTER_LIMITS.values },
  );

export function childFilters(filter: MemberFilter): readonly MemberFilter[] {
  if (filter.kind === 'and') return filter.all;
  if (filter.kind === 'or') return filter.any;
  return filter.kind === 'not' ? [filter.filter] : [];
}

export const bothOf = (all: readonly MemberFilter[]): MemberFilter =>
  all.length === 1 && all[0] !== undefined ? all[0] : { kind: 'and', all };
export const eitherOf = (any: readonly MemberFilter[]): MemberFilter =>
  any.length === 1 && any[0] !== undefined ? any[0] : { kind: 'or', any };
