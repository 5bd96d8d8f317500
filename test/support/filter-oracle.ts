import { contactBit, consentBit } from '../../src/core/channels.js';
import type { ListTest, MemberFilter, Scalar, ScalarRange } from '../../src/core/member-filter.js';
import type { Member } from '../../src/membership/member.js';

/** What a filter means, in the plainest words: the second opinion that every compiler is held against. */
export function matches(filter: MemberFilter, member: Member): boolean {
  switch (filter.kind) {
    case 'everybody':
      return true;
    case 'and':
      return filter.all.every((child) => matches(child, member));
    case 'or':
      return filter.any.some((child) => matches(child, member));
    case 'not':
      return !matches(filter.filter, member);
    case 'number': {
      const value = member[filter.field];
      if (value === null) return false;
      if (filter.test.kind === 'in') return filter.test.values.includes(value);
      return value >= (filter.test.atLeast ?? -Infinity) && value <= (filter.test.atMost ?? Infinity);
    }
    case 'text': {
      const value = member[filter.field];
      return value !== null && filter.test.values.includes(value);
    }
    case 'tag':
      return filter.test.values.some((tag) => member.tags.includes(tag));
    case 'consent':
      return (member.flags & consentBit(filter.channel)) !== 0;
    case 'contact':
      return (member.flags & contactBit(filter.channel)) !== 0;
    case 'couponState':
    case 'couponDaysLeft':
    case 'couponTold':
    case 'couponHeld':
      throw new Error(`No member knows of coupon ${filter.couponId} by itself.`);
    case 'attribute':
      return matchesAttribute(filter.test, member.attributes[filter.key]);
  }
}

function matchesAttribute(test: ListTest<Scalar> | ScalarRange, value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return false;
  if (test.kind === 'in') return test.values.includes(value);
  const isWithin = (bound: string | number | undefined, holds: (order: number) => boolean): boolean => {
    if (bound === undefined) return true;
    const order = compare(value, bound);
    return order !== undefined && holds(order);
  };
  return (
    isWithin(test.atLeast, (order) => order >= 0) &&
    isWithin(test.above, (order) => order > 0) &&
    isWithin(test.atMost, (order) => order <= 0) &&
    isWithin(test.below, (order) => order < 0)
  );
}

function compare(value: Scalar, bound: string | number): number | undefined {
  if (typeof value === 'number' && typeof bound === 'number') return value - bound;
  if (typeof value === 'string' && typeof bound === 'string')
    return Buffer.compare(Buffer.from(value), Buffer.from(bound));
  return undefined;
}
