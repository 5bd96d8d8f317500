import { displayWidth, padEnd, padStart, printable } from './display-width.js';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly isNumber?: boolean;
}

const GAP = '  ';

/** Columns as wide as their widest cell, numbers to the right, no lines; ends with a line break. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...cells.map((line) => displayWidth(line[index] ?? ''))),
  );
  const renderLine = (line: readonly string[]): string =>
    line
      .map((cell, index) => (columns[index]?.isNumber === true ? padStart : padEnd)(cell, widths[index] ?? 0))
      .join(GAP)
      .trimEnd();
  return `${[columns.map(({ title }) => title), ...cells].map(renderLine).join('\n')}\n`;
}

/** `name  value` lines with the values in one column; pairs without a value are left out. */
export function renderPairs(pairs: readonly (readonly [string, string | null | undefined])[]): string {
  const shown = pairs.flatMap(([name, value]) => (value == null ? [] : [[name, value] as const]));
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, value]) => `${padEnd(name, width)}${GAP}${printable(value)}\n`).join('');
}
