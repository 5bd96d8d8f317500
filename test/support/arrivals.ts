import type { SeenRequest } from './moody-vendor/vendor-script.js';

/** A request as rates see it: when the vendor had it whole, by its own clock. */
export interface Arrival {
  readonly atMs: number;
  readonly members: number;
}

/** In the order in which they arrived. */
export const arrivalsOf = (seen: readonly SeenRequest[]): readonly Arrival[] =>
  seen.map(({ atMs, members }) => ({ atMs, members: members.length })).sort((a, b) => a.atMs - b.atMs);

/** The most members in any second, by a window that slides over all requests. */
export function peakPerSecond(arrivals: readonly Arrival[]): number {
  let peak = 0;
  let sum = 0;
  let first = 0;
  for (const { atMs, members } of arrivals) {
    sum += members;
    for (let oldest = arrivals[first]; oldest !== undefined && oldest.atMs <= atMs - 1_000; oldest = arrivals[first]) {
      sum -= oldest.members;
      first++;
    }
    peak = Math.max(peak, sum);
  }
  return peak;
}
