import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guardFormula, undoFormulaGuard } from './formula-guard.js';

it('leaves no cell that a spreadsheet would run, and import undoes it', () => {
  const cells = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\0', '\r', '\n', "'", "''", "'="), fc.string())
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(cells, (cell) => {
      expect(guardFormula(cell)).not.toMatch(/^[=+\-@\t\r\n\0]/);
      expect(undoFormulaGuard(guardFormula(cell))).toBe(cell);
    }),
    { numRuns: 1_000 },
  );
});

it('leaves ordinary cells alone', () => {
  for (const cell of ['', 'Ada', "'n Sync", '3.5', "'"]) {
    expect(guardFormula(cell)).toBe(cell);
    expect(undoFormulaGuard(cell)).toBe(cell);
  }
});
