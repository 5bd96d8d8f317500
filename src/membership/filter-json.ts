/**
 * The filter's JSON form, as the API takes it and campaigns keep it:
 *
 *   {"and": [F, …]}   {"or": [F, …]}   {"not": F}   {"everybody": true}
 *   {"field": "level", "in": [3, 4]}                {"field": "points", "atLeast": 1000, "below": 5000}
 *   {"field": "tag", "equals": "vip"}               {"field": "consent.sms"}   {"field": "contact.email", "equals": false}
 *   {"field": "coupon.5.state", "equals": "available"}   {"field": "coupon.5.told"}   {"field": "coupon.5.daysLeft", "atMost": 3}
 *   {"field": "attributes.city", "equals": "上海"}   {"field": "lastActiveAt", "atLeast": "2026-11-01T00:00:00Z"}
 */
import { assertNever } from '../core/assert.js';
import { EVERYBODY, type ListTest, type MemberFilter, type Scalar } from '../core/member-filter.js';
import { nearestWord } from '../core/nearest.js';
import { epochMs, formatInstant } from '../core/time.js';
import {
  bothOf,
  checkFilterSize,
  eitherOf,
  FILTER_LIMITS,
  filterField,
  isBooleanField,
  nameOfField,
  tooDeep,
  tooManyNodes,
  tooManyValues,
} from './filter-fields.js';
import { at, excerpt, invalidFilter, quoted } from './filter-refusal.js';
import { listTest, RANGE_OPERATORS, rangeTest, type RangeInput } from './filter-test.js';
import type { JsonValue } from './member.js';
import { isRecord } from './read-member.js';

/**
 * Reads and checks a filter.
 * @throws DomainError `INVALID_FILTER` with the JSON path of what is wrong and the nearest known word.
 */
export function parseFilter(input: unknown): MemberFilter {
  const filter = parseNode(input, { path: '$', depth: 1, seen: { nodes: 0 } });
  checkFilterSize(filter);
  return filter;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  /** Filters read so far: the bound holds while reading, whatever the size of the input. */
  readonly seen: { nodes: number };
}

const FORMS = ['and', 'or', 'not', 'field', 'everybody'] as const;
const TEST_KEYS: readonly string[] = ['field', 'equals', 'in', ...RANGE_OPERATORS];

function parseNode(input: unknown, place: Place): MemberFilter {
  if (place.depth > FILTER_LIMITS.depth) throw tooDeep();
  place.seen.nodes += 1;
  if (place.seen.nodes > FILTER_LIMITS.nodes) throw tooManyNodes();
  if (!isRecord(input))
    throw invalidFilter('notObject', `The filter at ${place.path} must be an object.`, { path: place.path });
  const form = FORMS.find((known) => Object.hasOwn(input, known));
  if (form === undefined) throw unknownKey(Object.keys(input)[0] ?? '', FORMS, place);
  if (form === 'field') return parseTest(input, place);
  for (const key of Object.keys(input)) if (key !== form) throw unknownKey(key, [form], place);
  if (form === 'everybody') {
    if (input['everybody'] !== true)
      throw invalidFilter('everybodyNotTrue', `everybody at ${place.path} is true or left out.`, { path: place.path });
    return EVERYBODY;
  }
  if (form === 'not') return { kind: 'not', filter: parseNode(input['not'], below(place, 'not')) };
  const children = parseList(input[form], below(place, form));
  return form === 'and' ? bothOf(children) : eitherOf(children);
}

const below = (place: Place, key: string): Place => ({
  ...place,
  path: `${place.path}.${key}`,
  depth: place.depth + 1,
});

function parseList(input: unknown, place: Place): readonly MemberFilter[] {
  if (!Array.isArray(input) || input.length === 0) {
    throw invalidFilter('notFilters', `The filter at ${place.path} must be a list of at least one filter.`, {
      path: place.path,
    });
  }
  return input.map((child, index) => parseNode(child, { ...place, path: `${place.path}[${index}]` }));
}

function parseTest(input: Record<string, unknown>, place: Place): MemberFilter {
  const { path } = place;
  const where = at({ path });
  for (const key of Object.keys(input)) if (!TEST_KEYS.includes(key)) throw unknownKey(key, TEST_KEYS, place);
  if (typeof input['field'] !== 'string')
    throw invalidFilter('fieldNotText', `The field ${where} must be text.`, { path });
  const field = filterField(input['field'], { path });
  const { equals, in: list } = input;
  const bounds = RANGE_OPERATORS.filter((operator) => input[operator] !== undefined);
  if ([equals !== undefined, list !== undefined, bounds.length > 0].filter(Boolean).length > 1) {
    throw invalidFilter('severalTests', `The filter ${where} has more than one test; use equals, in, or bounds.`, {
      path,
    });
  }
  if (list !== undefined) {
    if (Array.isArray(list) && list.length > FILTER_LIMITS.listValues) throw tooManyValues();
    if (!Array.isArray(list))
      throw invalidFilter('valuesNotList', `The values of in ${where} must be a list.`, { path });
    return listTest(field, list, { path });
  }
  if (bounds.length > 0) return rangeTest(field, input, { path });
  if (equals !== undefined) return listTest(field, [equals], { path });
  if (isBooleanField(field)) return listTest(field, [true], { path });
  const known = TEST_KEYS.slice(1);
  throw invalidFilter(
    'noTest',
    `The filter on ${nameOfField(field)} ${where} has no test; use one of ${known.join(', ')}.`,
    { path, field: nameOfField(field), known },
  );
}

function unknownKey(key: string, known: readonly string[], place: Place): Error {
  const nearest = nearestWord(key, known);
  return invalidFilter(
    key === '' ? 'emptyFilter' : 'unknownKey',
    `The filter at ${place.path} has ${key === '' ? 'nothing in it' : `the unknown key ${quoted(key)}`}${nearest === undefined ? '.' : `; did you mean ${nearest}?`} Known: ${known.join(', ')}.`,
    { path: place.path, key: excerpt(key), nearest, known },
  );
}

/** The JSON form of a filter; `parseFilter` reads it back to the same filter. */
export function filterToJson(filter: MemberFilter): JsonValue {
  switch (filter.kind) {
    case 'everybody':
      return { everybody: true };
    case 'and':
      return { and: filter.all.map(filterToJson) };
    case 'or':
      return { or: filter.any.map(filterToJson) };
    case 'not':
      return { not: filterToJson(filter.filter) };
    case 'number':
      return { field: filter.field, ...numberTestToJson(filter) };
    case 'text':
      return { field: filter.field, ...listToJson(filter.test) };
    case 'tag':
      return { field: 'tag', ...listToJson(filter.test) };
    case 'consent':
    case 'contact':
    case 'couponTold':
    case 'couponHeld':
      return { field: nameOfField(filter) };
    case 'couponState':
      return { field: nameOfField(filter), ...listToJson(filter.test) };
    case 'couponDaysLeft':
    case 'attribute':
      return {
        field: nameOfField(filter),
        ...(filter.test.kind === 'in' ? listToJson(filter.test) : boundsToJson(filter.test)),
      };
    default:
      return assertNever(filter);
  }
}

function numberTestToJson({ field, test }: MemberFilter & { kind: 'number' }): Readonly<Record<string, JsonValue>> {
  const show = (value: number): Scalar => (field === 'lastActiveAt' ? formatInstant(epochMs(value)) : value);
  if (test.kind === 'in') return listToJson({ kind: 'in', values: test.values.map(show) });
  return boundsToJson({
    atLeast: test.atLeast === undefined ? undefined : show(test.atLeast),
    atMost: test.atMost === undefined ? undefined : show(test.atMost),
  });
}

function listToJson(test: ListTest<Scalar>): Readonly<Record<string, JsonValue>> {
  const [only] = test.values;
  return test.values.length === 1 && only !== undefined ? { equals: only } : { in: test.values };
}

function boundsToJson(bounds: RangeInput): Readonly<Record<string, JsonValue>> {
  const json: Record<string, JsonValue> = {};
  for (const operator of RANGE_OPERATORS) {
    const bound = bounds[operator];
    if (typeof bound === 'string' || typeof bound === 'number' || typeof bound === 'boolean') json[operator] = bound;
  }
  return json;
}
