/**
 * From a filter's typed tree to one bound statement over an ordinal range, for every SQL store. Values never become
 * text: they are bound, and so are the range and the masks of tags, which change from slice to slice of one scan.
 *
 * Conditions on core columns read member_core alone; attributes look into the profile row by ordinal; tags are a
 * blob with one byte per ordinal of the slice (see tag-blocks.ts), looked into by position; so are tests of coupons (see
 * coupon-masks.ts). Every condition is
 * two-valued, so that `not` is right: what is absent is false. What engines say differently is in a `FilterDialect`.
 */
import { Kysely, sql, type CompiledQuery, type Dialect, type Expression, type SqlBool } from 'kysely';
import { assertNever } from '../../core/assert.js';
import { consentBit, contactBit } from '../../core/channels.js';
import type { CouponFilter, ListTest, MemberFilter, Scalar, ScalarRange } from '../../core/member-filter.js';
import { TERM_KIND } from './term-kinds.js';

interface MemberTables {
  readonly member_core: {
    readonly ordinal: number;
    readonly level: number;
    readonly points: number;
    readonly active_days: number;
    readonly last_active_at: number | null;
    readonly time_zone_id: number;
    readonly locale_id: number;
    readonly flags: number;
  };
  readonly member_term: { readonly term_id: number; readonly kind: number; readonly term: string };
}

/** A parameter that is known per slice only; `filter-binding.ts` puts the value in its place. */
export class SliceParameter {
  constructor(readonly what: 'from' | 'until' | 'limit') {}
}
/** The mask of the members that carry one of these tags. */
export class TagMaskParameter {
  constructor(readonly tags: readonly string[]) {}
}

/** The mask of the members that pass this test of a coupon. */
export class CouponMaskParameter {
  constructor(readonly filter: CouponFilter) {}
}

/** How an engine says what SQL leaves open. */
export interface FilterDialect {
  /** Builds statements; it has no connection and runs none. */
  readonly kysely: Dialect;
  /** Whether the byte of `mask` at `position` (from 1) is 1; false behind its end. */
  readonly isSetAt: (mask: Expression<unknown>, position: Expression<number>) => Expression<SqlBool>;
  /** Whether the value at `path` of p.attributes is, as JSON text, one of these: 5, '5' and true are three values. */
  readonly isJsonIn: (path: string, jsonTexts: readonly string[]) => Expression<SqlBool>;
  /** Whether there is a value of this type at `path` of p.attributes. */
  readonly isOfType: (path: string, type: 'text' | 'number') => Expression<SqlBool>;
  /** The value at `path`, of the type of `bound`, against it; texts by their UTF-8 bytes. */
  readonly compare: (path: string, operator: Operator, bound: string | number) => Expression<SqlBool>;
}

export type Operator = '>=' | '>' | '<=' | '<';

export interface FilterCompiler {
  /** Ordinals of [from, until) that match, ascending or descending, at most `limit`. */
  select(filter: MemberFilter, direction: 'asc' | 'desc'): CompiledQuery;
  /** How many of [from, until) match. */
  count(filter: MemberFilter): CompiledQuery;
}

const FROM = new SliceParameter('from');
const UNTIL = new SliceParameter('until');
const LIMIT = new SliceParameter('limit');

export function createFilterCompiler(dialect: FilterDialect): FilterCompiler {
  const builder = new Kysely<MemberTables>({ dialect: dialect.kysely });
  const conditions = new FilterConditions(dialect, builder);
  return {
    select: (filter, direction) =>
      builder
        .selectFrom('member_core as c')
        .select('c.ordinal')
        .where(inSlice)
        .where(conditions.of(filter))
        .orderBy('c.ordinal', direction)
        .limit(sql<number>`${LIMIT}`)
        .compile(),
    count: (filter) =>
      builder
        .selectFrom('member_core as c')
        .select(sql<number>`count(*)`.as('members'))
        .where(inSlice)
        .where(conditions.of(filter))
        .compile(),
  };
}

const inSlice = sql<SqlBool>`c.ordinal >= ${FROM} and c.ordinal < ${UNTIL}`;
const position = sql<number>`c.ordinal - ${FROM} + 1`;

/** The tree walk. */
class FilterConditions {
  constructor(
    private readonly dialect: FilterDialect,
    private readonly builder: Kysely<MemberTables>,
  ) {}

  of(filter: MemberFilter): Expression<SqlBool> {
    switch (filter.kind) {
      case 'everybody':
        return sql<SqlBool>`1 = 1`;
      case 'and':
        return sql<SqlBool>`(${sql.join(
          filter.all.map((child) => this.of(child)),
          sql` and `,
        )})`;
      case 'or':
        return sql<SqlBool>`(${sql.join(
          filter.any.map((child) => this.of(child)),
          sql` or `,
        )})`;
      case 'not':
        return sql<SqlBool>`not (${this.of(filter.filter)})`;
      case 'number':
        return numberCondition(filter);
      case 'text':
        return this.termCondition(filter);
      case 'tag':
        return this.dialect.isSetAt(sql`${new TagMaskParameter(filter.test.values)}`, position);
      case 'couponState':
      case 'couponDaysLeft':
      case 'couponTold':
      case 'couponHeld':
        return this.dialect.isSetAt(sql`${new CouponMaskParameter(filter)}`, position);
      case 'consent':
        return sql<SqlBool>`(c.flags & ${consentBit(filter.channel)}) <> 0`;
      case 'contact':
        return sql<SqlBool>`(c.flags & ${contactBit(filter.channel)}) <> 0`;
      case 'attribute':
        return this.attributeCondition(filter.key, filter.test);
      default:
        return assertNever(filter);
    }
  }

  private termCondition({ field, test }: MemberFilter & { readonly kind: 'text' }): Expression<SqlBool> {
    const column = field === 'timeZone' ? sql.ref('c.time_zone_id') : sql.ref('c.locale_id');
    const ids = this.builder
      .selectFrom('member_term')
      .select('term_id')
      .where('kind', '=', TERM_KIND[field])
      .where('term', 'in', test.values);
    return sql<SqlBool>`${column} in ${ids}`;
  }

  private attributeCondition(key: string, test: ListTest<Scalar> | ScalarRange): Expression<SqlBool> {
    const path = `$."${key}"`;
    if (test.kind === 'in') {
      return ofProfile(
        this.dialect.isJsonIn(
          path,
          test.values.map((value) => JSON.stringify(value)),
        ),
      );
    }
    const bounds = (
      [
        ['>=', test.atLeast],
        ['>', test.above],
        ['<=', test.atMost],
        ['<', test.below],
      ] as const
    ).flatMap(([operator, bound]) => (bound === undefined ? [] : [{ operator, bound }]));
    const isText = bounds.some(({ bound }) => typeof bound === 'string');
    return ofProfile(
      sql<SqlBool>`${sql.join(
        [
          this.dialect.isOfType(path, isText ? 'text' : 'number'),
          ...bounds.map(({ operator, bound }) => this.dialect.compare(path, operator, bound)),
        ],
        sql` and `,
      )}`,
    );
  }
}

const NUMBER_COLUMN = {
  level: sql.ref<number>('c.level'),
  points: sql.ref<number>('c.points'),
  activeDays: sql.ref<number>('c.active_days'),
  lastActiveAt: sql.ref<number>('c.last_active_at'),
} as const;

function numberCondition({ field, test }: MemberFilter & { readonly kind: 'number' }): Expression<SqlBool> {
  const column = NUMBER_COLUMN[field];
  const parts =
    test.kind === 'in'
      ? [sql<SqlBool>`${column} in (${sql.join(test.values)})`]
      : [
          ...(test.atLeast === undefined ? [] : [sql<SqlBool>`${column} >= ${test.atLeast}`]),
          ...(test.atMost === undefined ? [] : [sql<SqlBool>`${column} <= ${test.atMost}`]),
        ];
  const isNullable = field === 'lastActiveAt';
  return sql<SqlBool>`(${sql.join(isNullable ? [sql`${column} is not null`, ...parts] : parts, sql` and `)})`;
}

const ofProfile = (test: Expression<SqlBool>): Expression<SqlBool> =>
  sql<SqlBool>`exists (select 1 from member_profile as p where p.ordinal = c.ordinal and ${test})`;
