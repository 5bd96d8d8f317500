import { BUCKETS_PER_TASK } from '../campaign/look-ahead.js';
import { epochMs, type EpochMs } from '../core/time.js';
import type { LedgerWrite } from '../ledger/ledger-repository.js';

/** Rows due within so long of each other share a task. */
const TOGETHER_MS = 1_000;
/** What is due later is left to the sweep: members who wait for hours must not be as many waiting tasks. */
const MAX_AHEAD_MS = 60_000;

/** When a released row can be claimed again; undefined for one without pending members, or not released. */
export function dueAtOf(release: LedgerWrite['release']): EpochMs | undefined {
  const dues = [release?.nextAttemptAt, release?.retryAt].filter((at) => at !== null && at !== undefined);
  return dues.length === 0 ? undefined : epochMs(Math.min(...dues));
}

/** The tasks that rows due at these instants are worth, each at the last of its rows. */
export function tasksForReleased(
  dues: readonly EpochMs[],
  now: EpochMs,
): readonly { readonly count: 1; readonly dueAt: EpochMs | undefined }[] {
  const sorted = dues.filter((at) => at - now <= MAX_AHEAD_MS).sort((left, right) => left - right);
  const groups: EpochMs[][] = [];
  for (const dueAt of sorted) {
    const group = groups.at(-1);
    const fits = group !== undefined && group.length < BUCKETS_PER_TASK && dueAt - (group[0] ?? dueAt) <= TOGETHER_MS;
    if (fits) group.push(dueAt);
    else groups.push([dueAt]);
  }
  return groups.map((group) => {
    const last = group.at(-1) ?? now;
    return { count: 1, dueAt: last <= now ? undefined : last };
  });
}
