import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { figureOf } from '../../bench/figure.js';
import { replaceTable, writeTable, type BenchResult } from '../../bench/support/write-table.js';

const RESULT: BenchResult = {
  bench: 'create',
  command: 'npm run bench -- create',
  machine: '2 × Some CPU',
  date: '2026-11-21',
  figures: [figureOf('idle', 'ms', [3, 2, 4], [6]), figureOf('rate', 'members/s', [1_234_567, 1, 2_000_000])],
};
const DOCUMENT = `# Figures

<!-- bench create -->

Old.

<!-- end -->

Text.

<!-- bench other -->

Stays.

<!-- end -->
`;

describe('a table of figures', () => {
  it('has no range where there was one run', () => {
    const once = { ...RESULT, figures: [figureOf('idle', 'ms', [3])] };
    expect(replaceTable(DOCUMENT, once)).toContain('| figure | value | baseline | ratio |');
  });

  it('takes the place that a document keeps for its bench, and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-table-'));
    const file = join(folder, 'page.md');
    try {
      writeFileSync(file, DOCUMENT);
      await writeTable(file, RESULT);
      await writeTable(file, RESULT);
      expect(readFileSync(file, 'utf8')).toBe(
        DOCUMENT.replace(
          'Old.',
          `\`npm run bench -- create\`, 2026-11-21, 2 × Some CPU

| figure | value               | range of 3 runs | baseline | ratio |
| ------ | ------------------- | --------------- | -------- | ----- |
| idle   | 3 ms                | 2 to 4          | 6        | 0.5   |
| rate   | 1,234,567 members/s | 1 to 2,000,000  |          |       |`,
        ),
      );
      await expect(writeTable(file, { ...RESULT, bench: 'creat' })).rejects.toThrow('no place for "creat"');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
