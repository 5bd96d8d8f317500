import type { MemberFilter } from '../../core/member-filter.js';
import type { OrdinalRange } from '../../core/ranges.js';
import { childFilters } from '../../membership/filter-fields.js';
import { SliceParameter, TagMaskParameter } from './filter-compiler.js';

/** What changes from slice to slice of one scan. */
export interface SliceBounds {
  readonly range: OrdinalRange;
  readonly limit: number;
}

/** The parameters of a compiled filter with those of a slice in their places; `maskOf` is undefined for nobody. */
export const bindSlice = (
  parameters: readonly unknown[],
  { range, limit }: SliceBounds,
  maskOf: (tags: readonly string[]) => Uint8Array | undefined,
): readonly unknown[] =>
  parameters.map((parameter) => {
    if (parameter instanceof SliceParameter) return { from: range.from, until: range.until, limit }[parameter.what];
    return parameter instanceof TagMaskParameter ? (maskOf(parameter.tags) ?? NOBODY) : parameter;
  });

/** Positions behind the end of a mask are nobody's. (An empty blob would be bound as NULL.) */
const NOBODY = new Uint8Array(1);

/** Tags of which a match must carry one, list by list. */
export function requiredTags(filter: MemberFilter): readonly (readonly string[])[] {
  if (filter.kind === 'tag') return [filter.test.values];
  return filter.kind === 'and' ? childFilters(filter).flatMap(requiredTags) : [];
}
