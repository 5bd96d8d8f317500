import { z } from 'zod';
import { DomainError } from '../core/errors.js';
import { EVERYBODY, type MemberFilter } from '../core/member-filter.js';
import { parseFilter } from '../membership/filter-json.js';
import { parseFilterText } from '../membership/filter-text.js';

/** Knows which coupons a filter may ask for. */
export interface CheckFilter {
  checkFilter(filter: MemberFilter): Promise<void>;
}

/** How a condition on members is given: as a tree or as text; neither stands for everybody. */
export const filterFields = {
  filter: z
    .unknown()
    .optional()
    .describe('A tree, such as {"and": [{"field": "level", "in": [3, 4]}, {"field": "points", "atLeast": 1000}]}'),
  where: z.string().max(10_000).optional().describe('The same as text: level in (3,4) and points >= 1000'),
};

/** @throws DomainError `INVALID_FILTER` with the place of the mistake; `INVALID_INPUT` when both forms are given. */
export function filterOf({
  filter,
  where,
}: {
  readonly filter?: unknown;
  readonly where?: string | undefined;
}): MemberFilter {
  if (filter !== undefined && where !== undefined) {
    throw new DomainError('INVALID_INPUT', 'Give the condition as "filter" or as "where", not both.', {
      field: 'where',
    });
  }
  if (where !== undefined) return where.trim() === '' ? EVERYBODY : parseFilterText(where);
  return filter === undefined ? EVERYBODY : parseFilter(filter);
}

/** As `filterOf`, of coupons that exist. @throws DomainError `INVALID_FILTER` from memory: made-up ids do not reach the store. */
export async function checkedFilterOf(
  { desk }: { readonly desk: CheckFilter },
  given: Parameters<typeof filterOf>[0],
): Promise<MemberFilter> {
  const filter = filterOf(given);
  await desk.checkFilter(filter);
  return filter;
}
