import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { displayWidth } from '../cli/display-width.js';
import { foldLine } from './fold-line.js';

it('breaks at blanks and between wide characters, and goes on behind the indent', () => {
  expect(foldLine('  one two three four', 12, 4)).toEqual(['  one two', '    three', '    four']);
  expect(foldLine('  促销已保存', 8, 2)).toEqual(['  促销已', '  保存']);
  expect(foldLine('short', 12, 4)).toEqual(['short']);
  expect(foldLine('unbreakable-and-long', 8, 2)).toEqual(['unbreakable-and-long']);
});

it('keeps every word, colours included, and no line is wider than it may be', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[a-z]{1,9}$/),
    fc.stringMatching(/^[促销已保存会员]{1,9}$/),
    fc.constant('\u001b[1mbold\u001b[22m'),
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), fc.integer({ min: 20, max: 60 }), (words, columns) => {
      const lines = foldLine(words.join(' '), columns, 6).map((line) => stripVTControlCharacters(line));
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(stripVTControlCharacters(words.join('')));
    }),
  );
});
