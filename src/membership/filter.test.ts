import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFilter } from '../../test/support/filter-arbitrary.js';
import { matches } from '../../test/support/filter-oracle.js';
import { anyMemberFields } from '../../test/support/member-arbitrary.js';
import { memberId, ordinal } from '../core/ids.js';
import { canonicalFilter, filterHash } from './filter-canonical.js';
import { filterToJson, parseFilter } from './filter-json.js';
import { printFilter } from './filter-print.js';
import { parseFilterText } from './filter-text.js';
import { memberFlags } from './flags.js';

const anyMember = anyMemberFields.map((fields) => ({
  ...fields,
  memberId: memberId('m'),
  ordinal: ordinal(0),
  flags: memberFlags(fields, 0),
}));

describe('the text form of a filter', () => {
  it('reads back to the same filter after printing', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(parseFilterText(printFilter(filter))).toEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  it('reads tests of coupons as people write them, and back', () => {
    const written = [
      [`coupon.5.state in ('locked', 'available')`, { field: 'coupon.5.state', in: ['locked', 'available'] }],
      [`coupon.5.state = 'expired'`, { field: 'coupon.5.state', equals: 'expired' }],
      [
        'coupon.5.told and not coupon.5.held',
        { and: [{ field: 'coupon.5.told' }, { not: { field: 'coupon.5.held' } }] },
      ],
      ['coupon.12.daysLeft <= 3', { field: 'coupon.12.daysLeft', atMost: 3 }],
      ['coupon.12.daysLeft between 2 and 4', { field: 'coupon.12.daysLeft', atLeast: 2, atMost: 4 }],
      ['coupon.12.daysLeft = 1', { field: 'coupon.12.daysLeft', equals: 1 }],
    ] as const;
    for (const [text, tree] of written) {
      const filter = parseFilterText(text);
      expect(filterToJson(filter)).toEqual(tree);
      expect(parseFilter(tree)).toEqual(filter);
      expect(printFilter(filter)).toBe(text);
    }
    expect(parseFilterText('coupon.5.daysLeft < 3')).toEqual(parseFilterText('coupon.5.daysLeft <= 2'));
    expect(filterHash(parseFilterText(`coupon.5.state in ('locked', 'available')`))).toBe(
      filterHash(parseFilterText(`coupon.5.state in ('available', 'locked')`)),
    );
    for (const wrong of [
      'coupon.5',
      'coupon.x.told',
      'coupon.0.told',
      'coupon.5.told = 3',
      `coupon.5.state = 'used'`,
    ]) {
      expect(() => parseFilterText(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_FILTER' }) as Error);
    }
  });

  it('reads the language as people write it', () => {
    const filter = parseFilterText(
      `level IN (3,4) and points >= 1000 AND tag = 'vip' and not consent.sms and has(email) and attributes.city = '上海'`,
    );
    expect(filterToJson(filter)).toEqual({
      and: [
        { field: 'level', in: [3, 4] },
        { field: 'points', atLeast: 1000 },
        { field: 'tag', equals: 'vip' },
        { not: { field: 'consent.sms' } },
        { field: 'contact.email' },
        { field: 'attributes.city', equals: '上海' },
      ],
    });
  });

  it('binds not before and before or', () => {
    expect(parseFilterText('not level = 1 and level = 2 or level = 3')).toEqual(
      parseFilterText('((not (level = 1)) and level = 2) or level = 3'),
    );
  });

  it.each([
    ["not tag in ('a')", "tag not in ('a')"],
    ['level != 3', 'not level = 3'],
    ['points > 4 ', 'points >= 5'],
    ['points < 4', 'points <= 3'],
    ['consent.sms = false', 'not consent.sms'],
    ['has(phone)', 'contact.sms'],
    ['attributes.\'favourite colour\' = "red"', "attributes.'favourite colour' = 'red'"],
  ])('reads %s as %s', (one, other) => {
    expect(parseFilterText(one)).toEqual(parseFilterText(other));
  });

  it.each([
    ['levl = 3', 1, 'did you mean level'],
    ['level = 3 adn points > 3', 11, 'and, or, or the end'],
    ['level', 6, '=, !='],
    ["tag = 'vip", 7, 'not closed'],
    ['tag = vip', 7, "put text in quotes: 'vip'"],
    ['has(mail)', 5, 'did you mean email'],
    ['(level = 3', 11, 'needs )'],
    ['level = 3.5', 1, 'whole number'],
    ['level ; drop', 7, 'means nothing'],
    ["timeZone > 'x'", 1, 'has no order'],
    ["lastActiveAt > '2026-01-01'", 1, 'its offset'],
    ['', 1, 'a field'],
  ])('names position and remedy of %j', (text, position, remedy) => {
    expect(() => parseFilterText(text)).toThrow(expect.objectContaining({ code: 'INVALID_FILTER' }));
    expect(() => parseFilterText(text)).toThrow(new RegExp(`position ${position}\\b`));
    expect(() => parseFilterText(text)).toThrow(remedy);
  });

  it('refuses filters beyond its limits quickly', () => {
    expect(() => parseFilterText('('.repeat(60_000))).toThrow('nested deeper');
    expect(() => parseFilterText('not '.repeat(17) + 'level = 1')).toThrow('nested deeper');
    expect(() => parseFilterText(Array(201).fill('level = 1').join(' or '))).toThrow('more than 200');
    expect(() => parseFilterText(`level in (${Array(1_001).fill('1').join(',')})`)).toThrow('too many values');
    expect(() => parseFilterText(`tag = '${'x'.repeat(70_000)}'`)).toThrow('longer than');
  });
});

describe('the JSON form of a filter', () => {
  it('reads back to the same filter', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(parseFilter(JSON.parse(JSON.stringify(filterToJson(filter))))).toEqual(filter);
      }),
    );
  });

  it.each([
    [{ field: 'leevl', equals: 3 }, '$', 'did you mean level'],
    [
      {
        and: [
          { field: 'level', equals: 1 },
          { field: 'tags', equals: 'x' },
        ],
      },
      '$.and[1]',
      'did you mean tag',
    ],
    [{ not: { field: 'level', atLest: 3 } }, '$.not', 'did you mean atLeast'],
    [{ an: [] }, '$', 'did you mean and'],
    [{ and: [] }, '$.and', 'at least one'],
    [{ field: 'level', equals: '3' }, '$', 'whole number'],
    [{ field: 'level', equals: 3, in: [3] }, '$', 'more than one test'],
    [{ field: 'points', atLeast: 1, above: 1 }, '$', 'two bounds on one side'],
    [{ field: 'attributes.x', atLeast: 1, atMost: 'z' }, '$', 'two types'],
    [{ field: 'attributes.x"y', equals: 1 }, '$', 'quotes'],
    [{ field: 'level' }, '$', 'has no test'],
    [{ field: 'tag', in: [] }, '$', 'empty'],
    [{}, '$', 'nothing in it'],
    [[], '$', 'must be an object'],
    ['level = 3', '$', 'must be an object'],
    [null, '$', 'must be an object'],
  ])('names path and remedy of %j', (input, path, remedy) => {
    expect(() => parseFilter(input)).toThrow(expect.objectContaining({ code: 'INVALID_FILTER' }));
    expect(() => parseFilter(input)).toThrow(`at ${path}`);
    expect(() => parseFilter(input)).toThrow(remedy);
  });

  it('refuses filters beyond its limits while it reads them', () => {
    const leaf = { field: 'level', equals: 1 };
    expect(() => parseFilter({ or: Array(100_000).fill(leaf) })).toThrow('more than 200');
    expect(() => parseFilter({ field: 'tag', in: Array(100_000).fill('x') })).toThrow('too many values');
    let nested: unknown = leaf;
    for (let depth = 0; depth < 5_000; depth++) nested = { not: nested };
    expect(() => parseFilter(nested)).toThrow('nested deeper');
  });

  it('keeps exclusive attribute bounds as two conditions', () => {
    expect(printFilter(parseFilter({ field: 'attributes.score', atLeast: 1, below: 5 }))).toBe(
      'attributes.score >= 1 and attributes.score < 5',
    );
  });
});

describe('the canonical form of a filter', () => {
  it('matches the same members', () => {
    fc.assert(
      fc.property(anyFilter, anyMember, (filter, member) => {
        expect(matches(canonicalFilter(filter), member)).toBe(matches(filter, member));
      }),
    );
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(canonicalFilter(canonicalFilter(filter))).toEqual(canonicalFilter(filter));
      }),
    );
  });

  it('gives one hash to filters that differ in order only', () => {
    const one = parseFilterText("level in (4, 3) and (tag = 'b' and (points > 3 and level in (3,4)))");
    const other = parseFilterText("points >= 4 and tag = 'b' and level in (3, 4, 4)");
    expect(filterHash(one)).toBe(filterHash(other));
    expect(filterHash(one)).not.toBe(filterHash(parseFilterText("points >= 5 and tag = 'b' and level in (3, 4)")));
  });
});
