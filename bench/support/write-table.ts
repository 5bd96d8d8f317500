/** Puts figures where a document keeps a place for them: `<!-- bench NAME -->` … `<!-- end -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { Figure } from '../figure.js';

export interface BenchResult {
  readonly bench: string;
  /** As it was typed, without `--into`. */
  readonly command: string;
  readonly machine: string;
  /** `2026-11-21`. */
  readonly date: string;
  readonly figures: readonly Figure[];
}

/** @throws Error when the document has no place for the bench. */
export async function writeTable(file: string, result: BenchResult): Promise<void> {
  const text = replaceTable(readFileSync(file, 'utf8'), result);
  const config = (await resolveConfig(file)) ?? {};
  writeFileSync(file, await format(text, { ...config, filepath: file }));
}

export function replaceTable(document: string, result: BenchResult): string {
  const place = new RegExp(`(<!-- bench ${result.bench} -->\\n)[^]*?(<!-- end -->)`);
  if (!place.test(document)) throw new Error(`The document has no place for "${result.bench}".`);
  return document.replace(place, (_all, begin: string, end: string) => `${begin}\n${tableOf(result)}\n\n${end}`);
}

/** Its head, and what stands in it for a figure. */
type Column = readonly [string, (figure: Figure) => string];

function tableOf({ command, machine, date, figures }: BenchResult): string {
  const runs = Math.max(...figures.map((figure) => figure.runs));
  const range = ({ min, max }: Figure): string => `${short(min)} to ${short(max)}`;
  const ranges: Column = [`range of ${runs} runs`, (figure) => (figure.runs > 1 ? range(figure) : '')];
  const columns: readonly Column[] = [
    ['figure', ({ name }) => name],
    ['value', ({ value, unit }) => `${short(value)} ${unit}`],
    ...(runs > 1 ? [ranges] : []),
    ['baseline', ({ baseline }) => (baseline === null ? '' : short(baseline))],
    ['ratio', ({ ratio }) => (ratio === null ? '' : short(ratio))],
  ];
  const lines = [
    columns.map(([name]) => name),
    columns.map(() => '---'),
    ...figures.map((figure) => columns.map(([, read]) => read(figure))),
  ];
  return `\`${command}\`, ${date}, ${machine}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
}

/** Three digits that count; whole numbers from a thousand on. */
export function short(value: number): string {
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString();
}
