import { expect, it } from 'vitest';
import { readPage } from '../support/sources.js';

const blocksOf = (page: string): readonly string[] =>
  [...readPage(page).matchAll(/^```(?:sh|text)\n[^]*?^```$/gm)].map(([block]) => block);

it('the walkthrough is the same in both languages, command by command', () => {
  const english = blocksOf('docs/WALKTHROUGH.md');
  expect(english.length).toBeGreaterThan(10);
  expect(blocksOf('docs/WALKTHROUGH.zh-CN.md')).toEqual(english);
});
