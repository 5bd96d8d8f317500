import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUDIT_KINDS } from './audit/audit-difference.js';
import { answerTable, codeTable, freeMoveTable } from '../../test/support/ledger-tables.js';

const page = readFileSync(new URL('../../docs/LEDGER.md', import.meta.url), 'utf8');

describe('docs/LEDGER.md', () => {
  it.each([
    ['codes', codeTable],
    ['answers', answerTable],
    ['free', freeMoveTable],
  ])('has exactly the %s of the program', (section, table) => {
    const [, written] = new RegExp(`<!-- ${section} -->\n([^]*?)\n?<!-- /${section} -->`).exec(page) ?? [];
    expect(rowsOf(written ?? '')).toEqual(rowsOf(table()));
  });

  it('names every kind of difference that the audit knows, and no other', () => {
    const [, section = ''] = page.split('## The audit');
    const [, ...kinds] = rowsOf(section.slice(section.indexOf('|'), section.lastIndexOf('|') + 1)).map(
      ([, kind]) => kind,
    );
    expect(kinds).toEqual([...AUDIT_KINDS]);
  });
});

/** Cells without the padding and the rule under the head, which formatters change as they like. */
const rowsOf = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => !cells.every((cell) => /^-*$/.test(cell)));
