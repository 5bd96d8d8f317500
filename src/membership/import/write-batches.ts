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

/**
 * What the body of one transaction may take where its store names nothing else: with its commit it stays below the 20 ms
 * that others may wait.
 */
const AIM_MS = 10;
const FIRST_ROWS = 200;
const FEWEST_ROWS = 20;
const MOST_ROWS = 2_000;

/** Writes batches as bulk work, transaction by transaction, each as long as the time of the last one allows. */
export async function writeBatches(
  deps: MembershipDeps,
  batches: AsyncIterable<MadeBatch>,
  options: WriteBatchesOptions,
): Promise<WriteCounts> {
  const writer = new BatchWriter(deps, options);
  for await (const { pieces, rejects, progress } of batches) {
    await writer.refuse(rejects);
    for (const piece of pieces) await writer.add(piece);
    await writer.flush();
    options.onProgress?.({ ...writer.counts, progress });
  }
  return writer.counts;
}

class BatchWriter {
  readonly counts = { created: 0, updated: 0, unchanged: 0, rejected: 0 };
  private waiting: readonly NumberedStatement[] = [];
  private rowsAtOnce = FIRST_ROWS;

  constructor(
    private readonly deps: MembershipDeps,
    private readonly options: WriteBatchesOptions,
  ) {}

  async refuse(rejects: readonly Reject[]): Promise<void> {
    this.counts.rejected += rejects.length;
    if (rejects.length > 0) await this.options.onRejects(rejects);
  }

  async add(piece: readonly NumberedStatement[]): Promise<void> {
    this.waiting = this.waiting.length === 0 ? piece : this.waiting.concat(piece);
    while (this.waiting.length >= this.rowsAtOnce) await this.writeSlice();
  }

  async flush(): Promise<void> {
    while (this.waiting.length > 0) await this.writeSlice();
  }

  private async writeSlice(): Promise<void> {
    const end = endOfSlice(this.waiting, this.rowsAtOnce);
    const slice = this.waiting.slice(0, end);
    this.waiting = this.waiting.slice(end);
    const { outcomes, tookMs } = await writeInOne(this.deps, slice, this.options.receivedAt);
    const refused: Reject[] = [];
    outcomes.forEach((outcome, index) => {
      const statement = slice[index];
      if (outcome.kind !== 'rejected') this.counts[outcome.kind] += 1;
      else if (statement !== undefined) refused.push(rejectOf(statement, outcome));
    });
    await this.refuse(refused);
    this.rowsAtOnce = nextRows(slice.length, tookMs / (this.deps.store.bulkBodyMs ?? AIM_MS));
  }
}

/** Rows of one member stay together. */
function endOfSlice(statements: readonly NumberedStatement[], wanted: number): number {
  let end = Math.min(wanted, statements.length);
  while (end < statements.length && statements[end]?.row.memberId === statements[end - 1]?.row.memberId) end += 1;
  return end;
}

function writeInOne(
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

/** `share`: what the last slice took of what it may. */
const nextRows = (rows: number, share: number): number =>
  Math.round(Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, rows * Math.min(2, 1 / Math.max(share, 0.01)))));

const rejectOf = (
  { line, row }: NumberedStatement,
  { field, reason }: WriteOutcome & { readonly kind: 'rejected' },
): Reject => ({ line, column: field, reason, memberId: row.memberId });
