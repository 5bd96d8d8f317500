import { readdirSync, readFileSync } from 'node:fs';

/** Each opens its store by `temporaryStore`. */
const OPENS_STORE = /\b(temporaryStore|temporaryMembership|httpFixture|lockRig|issueWorld)\(/;

/** Test files that take whatever store there is. */
export const useCaseTests = (): readonly string[] =>
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file}`)
    .filter((file) => file.endsWith('.test.ts') && OPENS_STORE.test(readFileSync(file, 'utf8')))
    .sort();
