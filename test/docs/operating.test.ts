import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config.js';
import { documentedRows, settingsRows } from '../support/settings-table.js';
import { productSources, readPage, wordsOf } from '../support/sources.js';

const page = readPage('docs/OPERATING.md');
const sources = productSources();

/** The first cells of a table's rows whose name matches. */
const listed = (pattern: RegExp): readonly string[] => wordsOf([page], pattern);

describe('docs/OPERATING.md', () => {
  it('lists every key of the configuration with its default and range, and no other', () => {
    const own = settingsRows(configSchema).filter(({ key }) => !key.startsWith('channels')); // docs/PROVIDERS.md has those
    expect(documentedRows(page, 'settings')).toEqual(own);
  });

  it('lists every variable of the environment', () => {
    expect(listed(/^\| `(FANFARE_\w+)`/gm)).toEqual(wordsOf(sources, /\b(FANFARE_[A-Z_]*[A-Z])\b/g));
  });

  it('lists every metric', () => {
    expect(listed(/^\| `(fanfare_\w+)`/gm)).toEqual(wordsOf(sources, /'(fanfare_[a-z_]+)'/g));
  });

  it('lists every line of the log', () => {
    const declared =
      /readonly (?:kind|event): '((?:http|campaign|planner|issue|locks|push|provider|store|maintenance|clock|events|redis|node|tasks)\.\w+)'/g;
    const logged = wordsOf(sources, declared);
    const [, section = ''] = /^## Logs\n([^]*?)^## /m.exec(page) ?? [];
    expect(wordsOf([section], /^\| `([a-z]+\.[a-zA-Z]+)`/gm)).toEqual(logged);
  });
});
