import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES, ROOT, readPage } from '../support/sources.js';

/** Folders whose files a page may name by their path from the root. */
const FOLDERS = ['bench', 'bin', 'docs', 'scripts', 'src', 'test'];
/** Names that stand for many files, or for one of a data folder. */
const PATTERNS = new Set(['x.test.ts', 'fanfare.config.json', 'empty.json', 'moved.json']);

/** Paths in backticks, without those in code blocks: `src/x.ts`, `docs/`, `package.json`. */
function pathsIn(text: string): string[] {
  const names = [...text.replace(/^```[^]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, name]) => name ?? '');
  return names.filter((name) => {
    if (/[\s*<>{}]|^\/|^[a-z]+:\/\//.test(name) || PATTERNS.has(name)) return false;
    const [first] = name.split('/');
    return (name.includes('/') && FOLDERS.includes(first ?? '')) || /^[\w.-]+\.(md|mjs|cjs|json|ts)$/.test(name);
  });
}

const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '').filter((target) => !/^[a-z]+:/.test(target));

/** Anchors of a page's headings, as GitHub makes them. */
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && !anchorsIn(readPage(target)).includes(anchor);
}

describe.each(PAGES)('%s', (page) => {
  const text = readPage(page);

  it('names only files that exist', () => {
    const isThere = (path: string): boolean =>
      [ROOT, join(ROOT, dirname(page))].some((at) => existsSync(join(at, path)));
    expect(pathsIn(text).filter((path) => !isThere(path))).toEqual([]);
  });

  it('links only to what exists', () => {
    expect(linksIn(text).filter((link) => isBroken(page, link))).toEqual([]);
  });

  it('says only of files what is in them', () => {
    const claims = [...text.matchAll(/`(\w+)`\s+in\s+`([\w./-]+\.ts)`/g)];
    const wrong = claims.filter(([, word, file]) => !new RegExp(`\\b${String(word)}\\b`).test(readPage(String(file))));
    expect(wrong.map(([claim]) => claim)).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = readPage('ARCHITECTURE.md');

  it('has every folder of the program on its map', () => {
    const folders = ['src', 'src/adapters'].flatMap((parent) =>
      readdirSync(join(ROOT, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== 'adapters')
        .map((entry) => `${parent}/${entry.name}`),
    );
    expect(folders.filter((folder) => !text.includes(`| \`${folder}\``))).toEqual([]);
  });

  it('has a line for every package that the program needs', () => {
    const { dependencies } = JSON.parse(readPage('package.json')) as { readonly dependencies: Record<string, string> };
    const table = /## Packages[^]*?\n(\|[^]*?)\n\n/.exec(text)?.[1] ?? '';
    const described = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(described.sort()).toEqual(Object.keys(dependencies).sort());
  });
});
