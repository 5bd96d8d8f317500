import { createHash } from 'node:crypto';
import type { ListTest, MemberFilter, Scalar } from '../core/member-filter.js';
import { filterToJson } from './filter-json.js';

/**
 * One form for filters that say the same in another order: lists and conditions sorted and each once, nested `and`
 * and `or` flattened, double negation removed. Not full equivalence: it is for recognising a filter, not for proofs.
 */
export function canonicalFilter(filter: MemberFilter): MemberFilter {
  switch (filter.kind) {
    case 'and':
      return combine('and', filter.all);
    case 'or':
      return combine('or', filter.any);
    case 'not': {
      const inner = canonicalFilter(filter.filter);
      return inner.kind === 'not' ? inner.filter : { kind: 'not', filter: inner };
    }
    case 'number':
      return filter.test.kind === 'in' ? { ...filter, test: sortedList(filter.test) } : filter;
    case 'text':
    case 'tag':
      return { ...filter, test: sortedList(filter.test) };
    case 'couponState':
      return { ...filter, test: sortedList(filter.test) };
    case 'couponDaysLeft':
      return filter.test.kind === 'in' ? { ...filter, test: sortedList(filter.test) } : filter;
    case 'attribute':
      return filter.test.kind === 'in' ? { ...filter, test: sortedList(filter.test) } : filter;
    case 'everybody':
    case 'consent':
    case 'contact':
    case 'couponTold':
    case 'couponHeld':
      return filter;
  }
}

/** The canonical JSON text, kept with a frozen audience. */
export const canonicalFilterText = (filter: MemberFilter): string =>
  JSON.stringify(filterToJson(canonicalFilter(filter)));

/** SHA-256 of the canonical text in hex: equal for filters that differ in order only. */
export const filterHash = (filter: MemberFilter): string =>
  createHash('sha256').update(canonicalFilterText(filter), 'utf8').digest('hex');

function combine(kind: 'and' | 'or', children: readonly MemberFilter[]): MemberFilter {
  const flat = children.map(canonicalFilter).flatMap((child) => childrenOf(kind, child));
  const byText = new Map(flat.map((child) => [JSON.stringify(filterToJson(child)), child]));
  const sorted = [...byText].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, child]) => child);
  const [only] = sorted;
  if (sorted.length === 1 && only !== undefined) return only;
  return kind === 'and' ? { kind, all: sorted } : { kind, any: sorted };
}

function childrenOf(kind: 'and' | 'or', child: MemberFilter): readonly MemberFilter[] {
  if (kind === 'and') return child.kind === 'and' ? child.all : [child];
  return child.kind === 'or' ? child.any : [child];
}

function sortedList<Value extends Scalar>(test: ListTest<Value>): ListTest<Value> {
  const byText = new Map(test.values.map((value) => [`${typeof value} ${String(value)}`, value]));
  return {
    kind: 'in',
    values: [...byText].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, value]) => value),
  };
}
