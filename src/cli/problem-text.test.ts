import { expect, it } from 'vitest';
import { ERRORS, isDomainError, type DomainError } from '../core/errors.js';
import { unknownCoupon } from '../coupon/audience/coupon-masks.js';
import { parseFilter } from '../membership/filter-json.js';
import { FILTER_REASONS } from '../membership/filter-refusal.js';
import { parseFilterText } from '../membership/filter-text.js';
import { readFilter } from './filter-option.js';
import { CHINESE_CODES, problemWords } from './text/problem-text.js';
import { sayIn } from './wording.js';

it('every error code has a sentence for readers of Chinese', () => {
  expect([...CHINESE_CODES].sort()).toEqual(Object.keys(ERRORS).sort());
});

it('tells who watches for a job where it is shown, in both languages', () => {
  const refusal = { code: 'JOB_RUNNING', message: 'Import 7 is still running.', values: { jobId: 7 } };
  for (const language of ['en', 'zh-CN'] as const)
    expect(problemWords(refusal, sayIn(language)).hints.join()).toContain('fanfare members imports');
});

/** Texts and trees that are wrong in one way each. */
const WRONG_TEXTS = [
  'x'.repeat(70_000),
  '('.repeat(100),
  Array(201).fill('level = 1').join(' or '),
  `level in (${Array(1_001).fill('1').join(',')})`,
  'level ; drop',
  "tag = 'vip",
  'level = 3 adn points > 3',
  'level',
  '(level = 3',
  'level between 3 or 4',
  'tag = vip',
  'has(mail)',
  'levl = 3',
  "attributes.'a\\b' = 1",
  'consent.sms = 3',
  'level = 3.5',
  "lastActiveAt > '2026-01-01'",
  "tag = ''",
  `attributes.x = '${'x'.repeat(300)}'`,
  "attributes.x between 1 and 'z'",
  "timeZone > 'x'",
  'attributes.x > true',
  'coupon.5.stat = 1',
  "coupon.5.state = 'used'",
  'coupon.5.daysLeft < 0.5',
] as const;
const WRONG_TREES = [
  { field: 'level', in: [] },
  { field: 'points', atLeast: 1, above: 1 },
  { field: 'level' },
  { field: 'level', equals: 3, in: [3] },
  [],
  {},
  { and: [{ an: [] }] },
  { and: [] },
  { everybody: false },
  { field: 3 },
  { field: 'level', in: 3 },
] as const;

it('refuses a filter in Chinese alone, whatever is wrong with it', () => {
  const refusals = [
    ...WRONG_TEXTS.map((text) => refusalOf(() => parseFilterText(text))),
    ...WRONG_TREES.map((tree) => refusalOf(() => parseFilter(tree))),
    unknownCoupon(99),
  ];
  expect(new Set(refusals.map(({ values }) => values['reason']))).toEqual(new Set(FILTER_REASONS));
  for (const refusal of refusals) {
    const { message } = problemWords(refusal, sayIn('zh-CN'));
    expect(message, refusal.message).toMatch(/^筛选条件.*。（INVALID_FILTER）$/);
    expect(message).not.toContain(refusal.message);
    expect(message).not.toMatch(/undefined|null|\b(?:the|is|of|must)\b/);
  }
});

it('points at the place of a filter given on the command line, in the language of the reader', () => {
  expect(() => readFilter('level = 3 and levl = 3')).toThrow(
    expect.objectContaining({
      wording: {
        en: expect.stringContaining('did you mean level?') as string,
        'zh-CN': expect.stringMatching(
          /^筛选条件在第 15 个字符处有误：会员没有字段“levl”。是否想写 level？可用：.*。\nlevel = 3 and levl = 3\n {14}\^$/,
        ) as string,
      },
    }),
  );
});

function refusalOf(parse: () => unknown): DomainError {
  try {
    parse();
  } catch (error) {
    if (isDomainError(error, 'INVALID_FILTER')) return error;
    throw error;
  }
  throw new Error('The filter was taken.');
}
