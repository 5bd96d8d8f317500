/**
 * Spreadsheets run a cell that starts with = + - @ TAB as a formula. Exports put an apostrophe before such a cell and
 * imports take it away again. A cell that already starts with apostrophes before such a character gets one more, so
 * that export then import is the identity for every text.
 */
const NEEDS_GUARD = /^'*[=+\-@\t\r\n\0]/;
const IS_GUARDED = /^'+[=+\-@\t\r\n\0]/;

/** The cell as an export writes it (before CSV quoting). */
export const guardFormula = (cell: string): string => (NEEDS_GUARD.test(cell) ? `'${cell}` : cell);

/** The cell as it was before `guardFormula`. */
export const undoFormulaGuard = (cell: string): string =>
  cell.charCodeAt(0) === APOSTROPHE && IS_GUARDED.test(cell) ? cell.slice(1) : cell;

const APOSTROPHE = 39;
