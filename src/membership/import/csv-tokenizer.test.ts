import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvTokenizer, MAX_ROW_CHARACTERS } from './csv-tokenizer.js';

interface Read {
  readonly rows: { readonly cells: readonly string[]; readonly line: number }[];
  readonly bad: { readonly line: number; readonly reason: string }[];
}

/** Reads a text cut at these positions. */
function read(text: string, cuts: readonly number[] = [], delimiter?: string): Read {
  const result: Read = { rows: [], bad: [] };
  const tokenizer = new CsvTokenizer(
    {
      row: (cells, line) => result.rows.push({ cells: [...cells], line }),
      bad: (line, reason) => result.bad.push({ line, reason }),
    },
    delimiter,
  );
  let start = 0;
  for (const cut of [...cuts].map((at) => at % (text.length + 1)).sort((left, right) => left - right)) {
    tokenizer.push(text.slice(start, cut));
    start = cut;
  }
  tokenizer.push(text.slice(start));
  tokenizer.end();
  return result;
}

const anyCell = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.array(fc.constantFrom('"', ',', '\r\n', '\n', 'x', '上', ' '), { maxLength: 6 }).map((parts) => parts.join('')),
);
const anyTable = fc.array(fc.array(anyCell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

describe('cutting CSV into rows', () => {
  it('reads what csv-parse reads, wherever the chunks end', () => {
    fc.assert(
      fc.property(
        anyTable,
        fc.constantFrom('\r\n', '\n'),
        fc.array(fc.nat()),
        fc.boolean(),
        (table, end, cuts, isEnded) => {
          const text = table.map((cells) => cells.map(quote).join(',')).join(end) + (isEnded ? end : '');
          const expected: string[][] = parse(text, {
            relax_column_count: true,
            skip_empty_lines: true,
            record_delimiter: ['\r\n', '\n'],
          });
          expect(read(text, cuts)).toEqual({
            rows: expected.map((cells) => ({ cells, line: expect.any(Number) as number })),
            bad: [],
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('numbers rows by the physical line they start on', () => {
    const { rows } = read('a,b\r\n"1\r\n2",x\r\n\r\n"y\n\nz",w\nlast,row');
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 5, 8]);
    expect(rows[3]?.cells).toEqual(['last', 'row']);
  });

  it('reports a line that is not CSV and goes on with the next', () => {
    const { rows, bad } = read('a,b\n1,"x"y\n2,z\n"3" ,w\n4,v\n', [9]);
    expect(rows.map(({ cells }) => cells[0])).toEqual(['a', '2', '4']);
    expect(bad.map(({ line }) => line)).toEqual([2, 4]);
    expect(bad[0]?.reason).toContain('closing quote');
  });

  it('loses only its own line to a quote that is never closed', () => {
    const { rows, bad } = read('a,b\n1,"open\n2,z\n3,y\n');
    expect(rows.map(({ cells }) => cells[0])).toEqual(['a', '2', '3']);
    expect(bad).toEqual([{ line: 2, reason: 'opens a quote that is not closed' }]);
  });

  it('gives up an endless row after 1 MiB, within bounded memory', () => {
    const line = `2,${'z'.repeat(98)}\n`;
    const many = line.repeat(Math.ceil((3 * MAX_ROW_CHARACTERS) / line.length));
    const text = `a,b\n1,"open\n${many}`;
    const cuts = Array.from({ length: 60 }, (_, index) => (index + 1) * 65_536);
    const { rows, bad } = read(text, cuts);
    expect(bad).toEqual([{ line: 2, reason: 'is longer than 1 MiB; is a quote left open?' }]);
    expect(rows).toHaveLength(1 + many.length / line.length);
  });

  it('never loses a line silently, whatever the text', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('"', ',', '\r\n', '\n', '\r', 'x', 'yz'), { maxLength: 40 })
          .map((parts) => parts.join('')),
        fc.array(fc.nat(), { maxLength: 5 }),
        (text, cuts) => {
          const whole = read(text);
          expect(read(text, cuts)).toEqual(whole);
          const lines = [...whole.rows, ...whole.bad].map(({ line }) => line);
          expect(new Set(lines).size).toBe(lines.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes another delimiter', () => {
    expect(read('a;b\n"1;2";3,4\n', [], ';').rows.map(({ cells }) => cells)).toEqual([
      ['a', 'b'],
      ['1;2', '3,4'],
    ]);
  });
});
