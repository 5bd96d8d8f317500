import type { DetailRow } from '../../ledger/ledger-repository.js';

/** Detail rows kept per campaign and channel; beyond them only the vendor's codes are counted. */
export const MAX_DETAILS_PER_STREAM = 100_000;

/** How many of the details carry each code; those without one count under `none`. */
export function countByCode(details: readonly DetailRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { vendorCode } of details) {
    const code = vendorCode ?? 'none';
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}
