import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/core/errors.js';

const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8');

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

/** The codes that the program throws, found in its text. */
function thrownCodes(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(SOURCES, file), 'utf8'));
  return [
    ...new Set(texts.flatMap((text) => [...text.matchAll(/new DomainError\(\s*'(\w+)'/g)].map(([, code]) => code))),
  ]
    .filter((code) => code !== undefined)
    .sort();
}

describe('the catalogue of errors', () => {
  it('has no code that nothing throws', () => {
    expect(thrownCodes()).toEqual(Object.keys(ERRORS).sort());
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
