import { guardFormula } from '../../core/formula-guard.js';
import type { Reject } from './import-settings.js';

/** First line of a rejects file. */
export const REJECTS_HEADER = 'line,column,reason,memberId\r\n';

/** Lines of a rejects file (CSV, safe to open in a spreadsheet). They name no more of a person than the id. */
export const rejectsCsv = (rejects: readonly Reject[]): string =>
  rejects
    .map(
      ({ line, column, reason, memberId }) => `${line},${[column, reason, memberId ?? ''].map(csvCell).join(',')}\r\n`,
    )
    .join('');

const csvCell = (text: string): string => {
  const cell = guardFormula(text);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
};
