/** Counting cells: what stands beside a row, and what a change of it adds to the counts by code. */
import { assert } from '../core/assert.js';
import { CLASS_BY_CODE, isSettled, OUTCOME_CLASSES, type OutcomeClass } from './cell-code.js';
import type { ClassCounts, CountDelta, Stream } from './ledger-repository.js';

/** Members of a bucket by class, counted from its cells; undefined when a byte is no code. O(members). */
export function countClasses(cells: Uint8Array): ClassCounts | undefined {
  const counts = new Uint32Array(256);
  for (const code of cells) counts[CLASS_BY_CODE[code] ?? 255] = (counts[CLASS_BY_CODE[code] ?? 255] ?? 0) + 1;
  if ((counts[255] ?? 0) > 0) return undefined;
  const of = (outcomeClass: OutcomeClass): number => counts[OUTCOME_CLASSES.indexOf(outcomeClass)] ?? 0;
  return {
    pending: of('pending'),
    sent: of('sent'),
    failed: of('failed'),
    unknown: of('unknown'),
    suppressed: of('suppressed'),
  };
}

/** Code under which a cell is counted: all codes before an outcome count under 0. */
export const countedCode = (code: number): number => (isSettled(code) ? code : 0);

/** What moved between two states of a bucket, for the counts by code. O(members). */
export function countDeltas(stream: Stream, before: Uint8Array, after: Uint8Array): readonly CountDelta[] {
  assert(before.length === after.length, 'both states are of one bucket');
  const moved = new Map<number, number>();
  const add = (code: number, members: number): void => {
    moved.set(countedCode(code), (moved.get(countedCode(code)) ?? 0) + members);
  };
  after.forEach((code, position) => {
    const was = before[position] ?? 0;
    if (was === code) return;
    add(was, -1);
    add(code, 1);
  });
  const { campaignId, channel } = stream;
  return [...moved].map(([code, members]) => ({ campaignId, channel, code, members }));
}
