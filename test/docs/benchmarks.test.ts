import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BENCHES } from '../../bench/benches.js';

const PAGES = ['BENCHMARKS.md', 'WHY.md'].map((page) =>
  readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8'),
);

describe('the pages of figures', () => {
  it.each(BENCHES.map(({ name }) => name))('keep one place for %s, and name it in the text', (name) => {
    const places = PAGES.flatMap((page) => [...page.matchAll(new RegExp(`<!-- bench ${name} -->`, 'g'))]);
    expect(places).toHaveLength(1);
    expect(PAGES.some((page) => page.includes(`\`${name}\``) || page.includes(`bench -- ${name}`))).toBe(true);
  });
});
