import type { EpochMs } from '../../core/time.js';
import type { MembershipDeps } from '../members-tx.js';
import { writeStatements, type WriteOutcome } from '../write-statements.js';
import type { MadeBatch } from './batch-thread.js';
import type { Reject } from './import-settings.js';
import type { NumberedStatement } from './packed-batch.js';

export interface WriteCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export interface WriteProgress extends WriteCounts {
  /** As the maker counts: bytes of the file, or members. */
  readonly progress: number;
}

export interface WriteBatchesOptions {
  readonly receivedAt: EpochMs;
  /** Told of every row that was not taken; the writing waits for it. */
  readonly onRejects: (rejects: readonly Reject[]) => Promise<void>;
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined;
}

/** What the body of one transaction may take: with its commit it stays below the 20 ms that others may wait. */
const AIM_MS = 10;
const FIRST_ROWS = 200;
const FEWEST_ROWS = 20;
const MOST_ROWS = 1_000;

/** Writes batches as bulk work, transaction by transaction, each as long as the time of the last one allows. */
export async function writeBatches(
  deps: MembershipDeps,
  batches: AsyncIterable<MadeBatch>,
  options: WriteBatchesOptions,
): Promise<WriteCounts> {
  const counts = { created: 0, updated: 0, unchanged: 0, rejected: 0 };
  let rowsAtOnce = FIRST_ROWS;
  for await (const { statements, rejects, progress } of batches) {
    if (rejects.length > 0) await options.onRejects(rejects);
    counts.rejected += rejects.length;
    for (let start = 0; start < statements.length;) {
      const end = endOfSlice(statements, start + rowsAtOnce);
      const slice = statements.slice(start, end);
      const { outcomes, tookMs } = await writeSlice(deps, slice, options.receivedAt);
      for (const { kind } of outcomes) counts[kind] += 1;
      const refused = slice.flatMap((statement, index) => refusal(statement, outcomes[index]));
      if (refused.length > 0) await options.onRejects(refused);
      rowsAtOnce = nextRows(slice.length, tookMs);
      start = end;
    }
    options.onProgress?.({ ...counts, progress });
  }
  return counts;
}

/** Rows of one member stay together. */
function endOfSlice(statements: readonly NumberedStatement[], wanted: number): number {
  let end = Math.min(wanted, statements.length);
  while (end < statements.length && statements[end]?.row.memberId === statements[end - 1]?.row.memberId) end += 1;
  return end;
}

function writeSlice(
  { store, clock, hashSubject }: MembershipDeps,
  statements: readonly NumberedStatement[],
  receivedAt: EpochMs,
): Promise<{ readonly outcomes: readonly WriteOutcome[]; readonly tookMs: number }> {
  return store.transaction(
    async (tx) => {
      const startedMs = clock.monotonicMs();
      const outcomes = await writeStatements(tx, statements, { receivedAt, hashSubject });
      return { outcomes, tookMs: clock.monotonicMs() - startedMs };
    },
    { isBulk: true },
  );
}

const nextRows = (rows: number, tookMs: number): number =>
  Math.round(Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, rows * Math.min(2, AIM_MS / Math.max(tookMs, 0.1)))));

function refusal(statement: NumberedStatement, outcome: WriteOutcome | undefined): readonly Reject[] {
  if (outcome?.kind !== 'rejected') return [];
  return [{ line: statement.line, column: outcome.field, reason: outcome.reason, memberId: statement.row.memberId }];
}
