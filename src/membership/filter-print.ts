import { assert, assertNever } from '../core/assert.js';
import type { ListTest, MemberFilter, Scalar, ScalarRange } from '../core/member-filter.js';
import { epochMs, formatInstant } from '../core/time.js';
import { nameOfCouponField } from './coupon-fields.js';

/** The filter's short text; `parseFilterText` reads it back to the same filter. */
export function printFilter(filter: MemberFilter): string {
  switch (filter.kind) {
    case 'everybody':
      return 'everybody';
    case 'or':
      return filter.any
        .map((child) => (child.kind === 'or' ? `(${printFilter(child)})` : printFilter(child)))
        .join(' or ');
    case 'and':
      return filter.all
        .map((child) => (isJoined(child) ? `(${printFilter(child)})` : printFilter(child)))
        .join(' and ');
    case 'not':
      return isJoined(filter.filter) ? `not (${printFilter(filter.filter)})` : `not ${printFilter(filter.filter)}`;
    case 'consent':
      return `consent.${filter.channel}`;
    case 'contact':
      return `has(${filter.channel})`;
    case 'number':
      return filter.field + printNumberTest(filter);
    case 'text':
      return filter.field + printList(filter.test);
    case 'tag':
      return `tag${printList(filter.test)}`;
    case 'couponTold':
    case 'couponHeld':
      return nameOfCouponField(filter);
    case 'couponState':
      return nameOfCouponField(filter) + printList(filter.test);
    case 'couponDaysLeft':
      return nameOfCouponField(filter) + (filter.test.kind === 'in' ? printList(filter.test) : printRange(filter.test));
    case 'attribute':
      return `attributes.${printKey(filter.key)}${filter.test.kind === 'in' ? printList(filter.test) : printRange(filter.test)}`;
    default:
      return assertNever(filter);
  }
}

const isJoined = (filter: MemberFilter): boolean => filter.kind === 'and' || filter.kind === 'or';

function printNumberTest({ field, test }: MemberFilter & { readonly kind: 'number' }): string {
  const show = (value: number): string | number => (field === 'lastActiveAt' ? formatInstant(epochMs(value)) : value);
  if (test.kind === 'in') return printList({ kind: 'in', values: test.values.map(show) });
  return printRange({
    kind: 'range',
    atLeast: test.atLeast === undefined ? undefined : show(test.atLeast),
    atMost: test.atMost === undefined ? undefined : show(test.atMost),
  });
}

function printRange({ atLeast, atMost, above, below }: ScalarRange): string {
  if (atLeast !== undefined && atMost !== undefined) return ` between ${printValue(atLeast)} and ${printValue(atMost)}`;
  if (atLeast !== undefined) return ` >= ${printValue(atLeast)}`;
  if (above !== undefined) return ` > ${printValue(above)}`;
  if (below !== undefined) return ` < ${printValue(below)}`;
  assert(atMost !== undefined, 'a range has a bound');
  return ` <= ${printValue(atMost)}`;
}

function printList(test: ListTest<Scalar>): string {
  const [only] = test.values;
  if (test.values.length === 1 && only !== undefined) return ` = ${printValue(only)}`;
  return ` in (${test.values.map(printValue).join(', ')})`;
}

const printValue = (value: Scalar): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);

const PLAIN_KEY = /^[\p{L}_][\p{L}\p{N}_-]*$/u;
const printKey = (key: string): string => (PLAIN_KEY.test(key) ? key : `'${key}'`);
