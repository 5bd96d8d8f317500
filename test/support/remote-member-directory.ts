import { DomainError } from '../../src/core/errors.js';
import type { MemberFilter } from '../../src/core/member-filter.js';
import type { MemberDirectory } from '../../src/core/ports/member-directory.js';
import type { Member } from '../../src/membership/member.js';
import { matches } from './filter-oracle.js';

const MAX_RANGE_ORDINALS = 2_000;

/** A member system elsewhere, as small as it may be: a list that answers ranges of at most 2,000 ids. */
export function remoteMemberDirectory(members: readonly Member[]): MemberDirectory {
  const matching = (filter: MemberFilter): number[] =>
    members.filter((member) => matches(filter, member)).map(({ ordinal }) => Number(ordinal));
  return {
    maxRangeOrdinals: MAX_RANGE_ORDINALS,
    extent: async () => {
      const [first, last] = [members[0], members.at(-1)];
      return first === undefined || last === undefined ? undefined : { from: first.ordinal, until: last.ordinal + 1 };
    },
    select: async ({ filter, range }) => {
      if (range.until - range.from > MAX_RANGE_ORDINALS) {
        throw new DomainError('INVALID_INPUT', `Ask for at most ${MAX_RANGE_ORDINALS} ordinals at once.`);
      }
      return Float64Array.from(matching(filter).filter((ordinal) => ordinal >= range.from && ordinal < range.until));
    },
    count: async (filter, { signal } = {}) => {
      signal?.throwIfAborted();
      return matching(filter).length;
    },
    firstAndLast: async (filter) => {
      const ordinals = matching(filter);
      const [first, last] = [ordinals[0], ordinals.at(-1)];
      return first === undefined || last === undefined ? undefined : { first, last };
    },
  };
}
