import fc from 'fast-check';
import { CHANNELS } from '../../src/core/channels.js';
import {
  NUMBER_FIELDS,
  TEXT_FIELDS,
  type ListTest,
  type MemberFilter,
  type NumberRange,
  type Scalar,
  type ScalarRange,
} from '../../src/core/member-filter.js';

/** What generated members and filters draw from, small on purpose so that filters hit members. */
export const SAMPLE = {
  tags: ['vip', 'new', '老客', "o'neil"],
  timeZones: ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York'],
  locales: ['zh-CN', 'en', 'de'],
  attributeKeys: ['city', 'score', 'favourite colour', 'a.b'],
  attributeValues: ['上海', 'Köln', 'red "one"', "it's", '5', '', 5, -2.5, 1e21, 0, true, false] as readonly Scalar[],
} as const;

const list = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<ListTest<Value>> =>
  fc.array(values, { minLength: 1, maxLength: 4 }).map((drawn) => ({ kind: 'in', values: drawn }));

const range = (values: fc.Arbitrary<number>): fc.Arbitrary<NumberRange> =>
  fc.oneof(
    values.map((atLeast): NumberRange => ({ kind: 'range', atLeast })),
    values.map((atMost): NumberRange => ({ kind: 'range', atMost })),
    fc.tuple(values, values).map(([atLeast, atMost]): NumberRange => ({ kind: 'range', atLeast, atMost })),
  );

const WHOLE = {
  level: fc.integer({ min: 0, max: 6 }),
  points: fc.integer({ min: 0, max: 2_000 }),
  activeDays: fc.integer({ min: 0, max: 30 }),
  lastActiveAt: fc.integer({ min: 1_790_000_000_000, max: 1_790_000_100_000 }),
} as const;

const ordered = fc.constantFrom(...SAMPLE.attributeValues.filter((value) => typeof value !== 'boolean'));
const scalarRange: fc.Arbitrary<ScalarRange> = fc.oneof(
  fc
    .tuple(fc.constantFrom('atLeast', 'atMost', 'above', 'below'), ordered)
    .map(([operator, bound]): ScalarRange => ({ kind: 'range', [operator]: bound })),
  fc
    .tuple(ordered, ordered)
    .filter(([atLeast, atMost]) => typeof atLeast === typeof atMost)
    .map(([atLeast, atMost]): ScalarRange => ({ kind: 'range', atLeast, atMost })),
);

const leaf: fc.Arbitrary<MemberFilter> = fc.oneof(
  fc.constant<MemberFilter>({ kind: 'everybody' }),
  ...NUMBER_FIELDS.map((field) =>
    fc.oneof(list(WHOLE[field]), range(WHOLE[field])).map((test): MemberFilter => ({ kind: 'number', field, test })),
  ),
  fc
    .constantFrom(...TEXT_FIELDS)
    .chain((field) =>
      list(fc.constantFrom(...(field === 'locale' ? SAMPLE.locales : SAMPLE.timeZones), 'none/such')).map(
        (test): MemberFilter => ({ kind: 'text', field, test }),
      ),
    ),
  list(fc.constantFrom(...SAMPLE.tags, 'nobody')).map((test): MemberFilter => ({ kind: 'tag', test })),
  fc.constantFrom(...CHANNELS).map((channel): MemberFilter => ({ kind: 'consent', channel })),
  fc.constantFrom(...CHANNELS).map((channel): MemberFilter => ({ kind: 'contact', channel })),
  fc
    .tuple(
      fc.constantFrom(...SAMPLE.attributeKeys, 'absent'),
      fc.oneof(list(fc.constantFrom(...SAMPLE.attributeValues)), scalarRange),
    )
    .map(([key, test]): MemberFilter => ({ kind: 'attribute', key, test })),
);

/** Any well-formed filter, up to four levels deep. */
export const anyFilter: fc.Arbitrary<MemberFilter> = fc.letrec<{ filter: MemberFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('filter'), { minLength: 2, maxLength: 3 }).map((all): MemberFilter => ({ kind: 'and', all })),
    fc.array(tie('filter'), { minLength: 2, maxLength: 3 }).map((any): MemberFilter => ({ kind: 'or', any })),
    tie('filter').map((filter): MemberFilter => ({ kind: 'not', filter })),
  ),
})).filter;
