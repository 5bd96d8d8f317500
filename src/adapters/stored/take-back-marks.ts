import { ambiguousTries, isInFlight, isPending, toPending } from '../../ledger/cell-code.js';

/** Cells without the marks from a position on, and whether some may still be on their way; undefined where none is marked. */
export function takeBackMarks(
  cells: Uint8Array,
  from: number,
): { readonly unmarked: Uint8Array; readonly isOpen: boolean } | undefined {
  if (!cells.subarray(from).some(isInFlight)) return undefined;
  const unmarked = cells.map((code, position) => (position >= from && isInFlight(code) ? toPending(code) : code));
  const isOpen = unmarked.some((code) => isInFlight(code) || (isPending(code) && ambiguousTries(code) > 0));
  return { unmarked, isOpen };
}
