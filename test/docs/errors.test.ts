import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/core/errors.js';
import { productSources, readPage, wordsOf } from '../support/sources.js';

const page = readPage('docs/ERRORS.md');

describe('the catalogue of errors', () => {
  it('has no code that nothing throws', () => {
    expect(wordsOf(productSources(), /new DomainError\(\s*'(\w+)'/g)).toEqual(Object.keys(ERRORS).sort());
  });
});

describe('docs/ERRORS.md', () => {
  it('lists exactly the codes of the program, with their status and whether a retry can help', () => {
    const listed = [...page.matchAll(/^### (\w+)\n\n(.*)$/gm)].map(([, code, facts]) => [code, facts].join(': '));
    const known = Object.entries(ERRORS).map(
      ([code, { status, retryable }]) => `${code}: ${status} · ${retryable ? 'retryable' : 'not retryable'}`,
    );
    expect([...listed].sort()).toEqual(known.sort());
  });

  it('says of each code what to do', () => {
    const entries = page.split(/^### /m).slice(1);
    expect(entries.filter((entry) => !entry.includes('**Do:**')).map((entry) => entry.split('\n')[0])).toEqual([]);
  });
});
