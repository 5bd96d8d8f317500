import { Worker } from 'node:worker_threads';
import { workerFile } from '../../core/worker-file.js';
import { BatchThread } from '../import/batch-thread.js';
import { invalidImport } from '../import/import-settings.js';
import { writeBatches, type WriteCounts, type WriteProgress } from '../import/write-batches.js';
import type { MembershipDeps } from '../members-tx.js';
import type { GenerateSettings } from './generate-worker.js';

export interface GenerateCommand extends GenerateSettings {
  /** Called after each batch; `progress` counts members. */
  readonly onProgress?: (progress: WriteProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes made-up members (see generated-member.ts): numbers 0 to count - 1 of the population of the seed. Doing it again
 * changes nothing; with a larger count it adds the rest.
 * @throws DomainError `INVALID_INPUT` for a count outside 1 to 100 million or a seed outside 0 to 2^31 - 1.
 */
export async function generateMembers(
  deps: MembershipDeps,
  { count, seed, onProgress, signal }: GenerateCommand,
): Promise<WriteCounts> {
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    throw invalidImport(`count must be a whole number from 1 to ${MAX_COUNT}.`, { count });
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
    throw invalidImport(`seed must be a whole number from 0 to ${MAX_SEED}.`, { seed });
  }
  const thread = new BatchThread(
    new Worker(workerFile(import.meta.url, './generate-worker.js'), {
      workerData: { count, seed } satisfies GenerateSettings,
    }),
  );
  return writeBatches(deps, thread.batches(undefined, signal), {
    receivedAt: deps.clock.now(),
    onRejects: async (rejects) => {
      throw new Error(`A generated member was refused: ${rejects[0]?.reason ?? 'no reason'}.`);
    },
    onProgress,
  });
}

const MAX_COUNT = 100_000_000;
const MAX_SEED = 2_147_483_647;
