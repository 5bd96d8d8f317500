import type { CompiledQuery } from 'kysely';
import type { MemberFilter } from '../../core/member-filter.js';
import { rangeLength } from '../../core/ranges.js';
import { canonicalFilterText } from '../../membership/filter-canonical.js';
import {
  bindSlice,
  couponMasksOf,
  requiredCoupons,
  requiredTags,
  type ReadCouponMask,
  type SliceBounds,
} from '../stored/filter-binding.js';
import { createFilterCompiler, TagMaskParameter } from '../stored/filter-compiler.js';
import { MYSQL_FILTERS } from './filter-dialect.js';
import type { MemberTags } from './member-tags.js';
import { selectValue, selectValues, type Bound, type MysqlSession } from './session.js';

const COMPILER = createFilterCompiler(MYSQL_FILTERS);

/** Filters kept compiled: a scan asks one over and over, a slice each. They are the same for every database. */
const MAX_COMPILED = 64;
const compiled = new Map<string, Compiled>();

interface Compiled {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** All the lists of tags in it. */
  readonly tagLists: readonly (readonly string[])[];
  readonly filter: MemberFilter;
}

/**
 * Runs compiled filters over ordinal ranges. As text: a prepared statement for each filter that somebody thinks of would
 * stay on the server, a connection each.
 */
export class MemberQueries {
  constructor(
    private readonly session: MysqlSession,
    private readonly tags: MemberTags,
    private readonly readCouponMask: ReadCouponMask,
  ) {}

  async count(filter: MemberFilter, range: SliceBounds['range']): Promise<number> {
    const query = remembered('count', filter, () => COMPILER.count(filter));
    const values = await this.bind(query, { range, limit: 0 });
    return values === undefined ? 0 : ((await selectValue<number>(this.session, query.sql, values, AS_TEXT)) ?? 0);
  }

  async select(
    filter: MemberFilter,
    { range, limit, isDescending }: SliceBounds & { readonly isDescending: boolean },
  ): Promise<Float64Array> {
    const direction = isDescending ? 'desc' : 'asc';
    const query = remembered(direction, filter, () => COMPILER.select(filter, direction));
    const values = await this.bind(query, { range, limit });
    if (values === undefined) return new Float64Array(0);
    return Float64Array.from(await selectValues<number>(this.session, query.sql, values, AS_TEXT));
  }

  /** The values of a slice; undefined when a tag or coupon that every match has to do with has nobody in it. */
  private async bind(query: Compiled, slice: SliceBounds): Promise<readonly Bound[] | undefined> {
    if (rangeLength(slice.range) === 0) return undefined;
    const ofCoupon = await couponMasksOf(query.parameters, slice.range, this.readCouponMask);
    if (requiredCoupons(query.filter).some((each) => ofCoupon(each) === undefined)) return undefined;
    const ofTags = await this.tags.masks(query.tagLists, slice.range);
    if (requiredTags(query.filter).some((tags) => ofTags(tags) === undefined)) return undefined;
    return bindSlice(query.parameters, slice, { ofTags, ofCoupon }) as readonly Bound[]; // what filters hold: texts, numbers, masks
  }
}

const AS_TEXT = { isText: true } as const;

function remembered(kind: string, filter: MemberFilter, compile: () => CompiledQuery): Compiled {
  const key = kind + canonicalFilterText(filter);
  let query = compiled.get(key);
  if (query === undefined) {
    const { sql, parameters } = compile();
    query = {
      sql,
      parameters,
      tagLists: parameters.flatMap((parameter) => (parameter instanceof TagMaskParameter ? [parameter.tags] : [])),
      filter,
    };
    const [oldest] = compiled.keys();
    if (compiled.size >= MAX_COMPILED && oldest !== undefined) compiled.delete(oldest);
  } else {
    compiled.delete(key); // and to the end: the first key is the one that was not used longest
  }
  compiled.set(key, query);
  return query;
}
