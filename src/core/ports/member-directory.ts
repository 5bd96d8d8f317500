import type { MemberFilter } from '../member-filter.js';
import type { OrdinalRange } from '../ranges.js';

/**
 * Who there is, asked by ranges of ordinals: all that choosing an audience needs of the membership. Narrow enough for
 * a member system elsewhere that numbers its members and answers ranges of at most 2,000 ids.
 */
export interface MemberDirectory {
  /** The longest range that one question may ask for: at least 1. Callers go through longer ones in steps. */
  readonly maxRangeOrdinals: number;

  /** The range from the first member to behind the last one; undefined where there is nobody. */
  extent(): Promise<OrdinalRange | undefined>;

  /**
   * Ordinals of the members in `range` that match, ascending. Ordinals that nobody has are gaps, not errors.
   * @throws DomainError `INVALID_INPUT` for a range longer than `maxRangeOrdinals`.
   */
  select(options: { readonly filter: MemberFilter; readonly range: OrdinalRange }): Promise<Float64Array>;

  /** How many members match, exact. Stops between two steps when `signal` aborts. */
  count(filter: MemberFilter, options?: { readonly signal?: AbortSignal }): Promise<number>;

  /** The lowest and the highest ordinal that match; undefined where nobody does. */
  firstAndLast(
    filter: MemberFilter,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly first: number; readonly last: number } | undefined>;
}
