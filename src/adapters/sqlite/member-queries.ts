import type Database from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import type { MemberFilter } from '../../core/member-filter.js';
import { rangeLength, type OrdinalRange } from '../../core/ranges.js';
import { canonicalFilterText } from '../../membership/filter-canonical.js';
import {
  bindSlice,
  couponMasksOf,
  requiredCoupons,
  requiredTags,
  type ReadCouponMask,
  type SliceBounds,
} from '../stored/filter-binding.js';
import { createFilterCompiler } from '../stored/filter-compiler.js';
import { SQLITE_FILTERS } from './filter-dialect.js';
import type { MemberTags } from './member-tags.js';

/** Statements kept compiled and prepared: a scan runs one over and over, a slice each. */
const MAX_PREPARED = 64;

interface Prepared {
  readonly statement: Database.Statement<unknown[], number>;
  readonly parameters: readonly unknown[];
  readonly filter: MemberFilter;
}

const COMPILER = createFilterCompiler(SQLITE_FILTERS);

/** Runs compiled filters over ordinal ranges. */
export class MemberQueries {
  private readonly prepared = new Map<string, Prepared>();

  constructor(
    private readonly database: Database.Database,
    private readonly tags: MemberTags,
    private readonly readCouponMask: ReadCouponMask,
  ) {}

  async count(filter: MemberFilter, range: OrdinalRange): Promise<number> {
    const query = this.prepare('count', filter, () => COMPILER.count(filter));
    const values = await this.bind(query, { range, limit: 0 });
    return values === undefined ? 0 : (query.statement.get(...values) ?? 0);
  }

  async select(
    filter: MemberFilter,
    { range, limit, isDescending }: SliceBounds & { readonly isDescending: boolean },
  ): Promise<Float64Array> {
    const direction = isDescending ? 'desc' : 'asc';
    const query = this.prepare(direction, filter, () => COMPILER.select(filter, direction));
    const values = await this.bind(query, { range, limit });
    return values === undefined ? new Float64Array(0) : Float64Array.from(query.statement.all(...values));
  }

  private prepare(kind: string, filter: MemberFilter, compile: () => CompiledQuery): Prepared {
    const key = kind + canonicalFilterText(filter);
    let query = this.prepared.get(key);
    if (query === undefined) {
      const { sql, parameters } = compile();
      query = {
        statement: this.database.prepare<unknown[], number>(sql).pluck(),
        parameters,
        filter,
      };
      const [oldest] = this.prepared.keys();
      if (this.prepared.size >= MAX_PREPARED && oldest !== undefined) this.prepared.delete(oldest);
    } else {
      this.prepared.delete(key); // and to the end: the first key is the one that was not used longest
    }
    this.prepared.set(key, query);
    return query;
  }

  /** The values of a slice; undefined when a tag or coupon that every match has to do with has nobody in it. */
  private async bind(query: Prepared, { range, limit }: SliceBounds): Promise<readonly unknown[] | undefined> {
    if (rangeLength(range) === 0) return undefined;
    const ofCoupon = await couponMasksOf(query.parameters, range, this.readCouponMask);
    if (requiredCoupons(query.filter).some((each) => ofCoupon(each) === undefined)) return undefined;
    const masks = new Map<string, Uint8Array | undefined>();
    const ofTags = (tags: readonly string[]): Uint8Array | undefined => {
      const key = JSON.stringify(tags);
      if (!masks.has(key)) masks.set(key, this.tags.mask(tags, range));
      return masks.get(key);
    };
    for (const tags of requiredTags(query.filter)) if (ofTags(tags) === undefined) return undefined;
    return bindSlice(query.parameters, { range, limit }, { ofTags, ofCoupon });
  }
}
