/**
 * From a filter's typed tree to one bound statement over an ordinal range. Values never become text: they are bound,
 * and so are the range and the masks of tags, which change from slice to slice of one scan.
 *
 * Conditions on core columns read member_core alone; attributes look into the profile row by ordinal; tags are a
 * blob with one byte per ordinal of the slice (see member-tags.ts), looked into by position. Every condition is
 * two-valued, so that `not` is right: what is absent is false.
 */
import {
  DummyDriver,
  Kysely,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type Expression,
  type SqlBool,
} from 'kysely';
import { assertNever } from '../../core/assert.js';
import { consentBit, contactBit } from '../../core/channels.js';
import type { ListTest, MemberFilter, Scalar, ScalarRange } from '../../core/member-filter.js';
import { TERM_KIND } from './member-terms.js';

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

/** A parameter that is known per slice only; `bindSlice` puts the value in its place. */
export class SliceParameter {
  constructor(readonly what: 'from' | 'until' | 'limit') {}
}
/** The mask of the members that carry one of these tags. */
export class TagMaskParameter {
  constructor(readonly tags: readonly string[]) {}
}

const FROM = new SliceParameter('from');
const UNTIL = new SliceParameter('until');
const LIMIT = new SliceParameter('limit');

/** Builds statements; it has no connection and runs none. */
const builder = new Kysely<MemberTables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** Ordinals of [from, until) that match, ascending or descending, at most `limit`. */
export const compileSelect = (filter: MemberFilter, direction: 'asc' | 'desc'): CompiledQuery =>
  builder
    .selectFrom('member_core as c')
    .select('c.ordinal')
    .where(inSlice)
    .where(condition(filter))
    .orderBy('c.ordinal', direction)
    .limit(sql<number>`${LIMIT}`)
    .compile();

/** How many of [from, until) match. */
export const compileCount = (filter: MemberFilter): CompiledQuery =>
  builder
    .selectFrom('member_core as c')
    .select(sql<number>`count(*)`.as('members'))
    .where(inSlice)
    .where(condition(filter))
    .compile();

const inSlice = sql<SqlBool>`c.ordinal >= ${FROM} and c.ordinal < ${UNTIL}`;

function condition(filter: MemberFilter): Expression<SqlBool> {
  switch (filter.kind) {
    case 'everybody':
      return sql<SqlBool>`1`;
    case 'and':
      return sql<SqlBool>`(${sql.join(filter.all.map(condition), sql` and `)})`;
    case 'or':
      return sql<SqlBool>`(${sql.join(filter.any.map(condition), sql` or `)})`;
    case 'not':
      return sql<SqlBool>`not (${condition(filter.filter)})`;
    case 'number':
      return numberCondition(filter);
    case 'text':
      return termCondition(filter);
    case 'tag':
      return sql<SqlBool>`substr(${new TagMaskParameter(filter.test.values)}, c.ordinal - ${FROM} + 1, 1) = x'01'`;
    case 'consent':
      return sql<SqlBool>`(c.flags & ${consentBit(filter.channel)}) <> 0`;
    case 'contact':
      return sql<SqlBool>`(c.flags & ${contactBit(filter.channel)}) <> 0`;
    case 'attribute':
      return attributeCondition(filter.key, filter.test);
    default:
      return assertNever(filter);
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

function termCondition({ field, test }: MemberFilter & { readonly kind: 'text' }): Expression<SqlBool> {
  const column = field === 'timeZone' ? sql.ref('c.time_zone_id') : sql.ref('c.locale_id');
  const ids = builder
    .selectFrom('member_term')
    .select('term_id')
    .where('kind', '=', TERM_KIND[field])
    .where('term', 'in', test.values);
  return sql<SqlBool>`${column} in ${ids}`;
}

/**
 * Equality compares JSON texts (`->`), so that 5, '5' and true are three values; order looks at the type of the
 * value (`->>`). Texts compare by their bytes.
 */
function attributeCondition(key: string, test: ListTest<Scalar> | ScalarRange): Expression<SqlBool> {
  const path = `$."${key}"`;
  if (test.kind === 'in') {
    const texts = test.values.map((value) => JSON.stringify(value));
    return ofProfile(sql<SqlBool>`p.attributes -> ${path} in (${sql.join(texts)})`);
  }
  const bounds = [
    ...boundCondition(path, '>=', test.atLeast),
    ...boundCondition(path, '>', test.above),
    ...boundCondition(path, '<=', test.atMost),
    ...boundCondition(path, '<', test.below),
  ];
  const isText = [test.atLeast, test.above, test.atMost, test.below].some((bound) => typeof bound === 'string');
  const types = isText ? sql`('text')` : sql`('integer', 'real')`;
  return ofProfile(sql<SqlBool>`json_type(p.attributes, ${path}) in ${types} and ${sql.join(bounds, sql` and `)}`);
}

const COMPARISON = { '>=': sql`>=`, '>': sql`>`, '<=': sql`<=`, '<': sql`<` } as const;

const boundCondition = (
  path: string,
  operator: keyof typeof COMPARISON,
  bound: string | number | undefined,
): readonly Expression<SqlBool>[] =>
  bound === undefined ? [] : [sql<SqlBool>`p.attributes ->> ${path} ${COMPARISON[operator]} ${bound}`];

const ofProfile = (test: Expression<SqlBool>): Expression<SqlBool> =>
  sql<SqlBool>`exists (select 1 from member_profile as p where p.ordinal = c.ordinal and ${test})`;
