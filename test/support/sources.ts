import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, with a final slash. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const readPage = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Every document for people: those at the root and in docs/, by their path from the root. */
export const PAGES: readonly string[] = ['', 'docs/'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name),
);

/** What the program's own files say, tests left out; for comparing documents with it. */
export function productSources(): readonly string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'));
}

/** The first group of every match in any of the texts, each once, sorted. */
export function wordsOf(texts: readonly string[], pattern: RegExp): readonly string[] {
  const words = texts.flatMap((text) => [...text.matchAll(pattern)].map(([, word]) => word ?? ''));
  return [...new Set(words)].sort();
}
