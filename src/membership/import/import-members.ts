/**
 * Import of a file of members, streamed: a thread parses and validates, this one writes. Bounded in memory whatever
 * the file's size (two runs of 40,000 rows, whose memory goes round, and eight chunks), and back-pressured from the
 * writer to whoever sends the file. Killed anywhere and run again it ends the same, because stating a row twice
 * changes nothing.
 */
import { Worker } from 'node:worker_threads';
import { workerFile } from '../../core/worker-file.js';
import type { MembershipDeps } from '../members-tx.js';
import { BatchThread } from './batch-thread.js';
import type { ImportSettings, Reject } from './import-settings.js';
import { writeBatches, type WriteCounts, type WriteProgress } from './write-batches.js';

export interface ImportCommand {
  readonly settings: Omit<ImportSettings, 'receivedAt'>;
  readonly input: AsyncIterable<Uint8Array>;
  /** Told of the rows that were not taken, in no order; the import waits for it. */
  readonly onRejects: (rejects: readonly Reject[]) => Promise<void>;
  /** Called after each batch; `progress` counts bytes of the file. */
  readonly onProgress?: (progress: WriteProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ImportResult extends WriteCounts {
  /** Columns (or keys) of the file that were left out because nobody recognised them. */
  readonly ignoredColumns: readonly string[];
}

/**
 * @throws DomainError `INVALID_INPUT` for a map or a header that cannot be used: then nothing was written. When the
 *   input fails or `signal` aborts, what was written stays.
 */
export async function importMembers(deps: MembershipDeps, command: ImportCommand): Promise<ImportResult> {
  const receivedAt = deps.clock.now();
  const settings: ImportSettings = { ...command.settings, receivedAt };
  const thread = new BatchThread(
    new Worker(workerFile(import.meta.url, './import-worker.js'), {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: MAX_PARSER_HEAP_MB, maxYoungGenerationSizeMb: PARSER_YOUNG_HEAP_MB },
    }),
  );
  const counts = await writeBatches(deps, thread.batches(command.input, command.signal), {
    receivedAt,
    onRejects: command.onRejects,
    onProgress: command.onProgress,
  });
  return { ...counts, ignoredColumns: thread.ignoredColumns };
}

/** Heap of the parsing thread: the rows of a run lie outside of it. */
const MAX_PARSER_HEAP_MB = 96;
const PARSER_YOUNG_HEAP_MB = 8;
