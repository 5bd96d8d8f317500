import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/core/errors.js';

const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8');

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
