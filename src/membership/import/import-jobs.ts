/**
 * Imports and generations of members under way, and the last ones that ended, as people watch them. One runs at a time:
 * two would wait for each other's rows. What is kept of a job is counts; the rows it refused are in a file that goes with the next erasure.
 */
import { DomainError, isDomainError, type ErrorCode } from '../../core/errors.js';
import type { IdAllocator } from '../../core/id-allocator.js';
import type { Store } from '../../core/ports/store.js';
import type { EpochMs } from '../../core/time.js';
import type { MembershipDeps } from '../members-tx.js';
import { generateMembers } from '../generate/generate-members.js';
import { importMembers, type ImportResult } from './import-members.js';
import type { ImportFormat, ImportSettings } from './import-settings.js';
import { rejectsCsv, REJECTS_HEADER } from './rejects-file.js';

/** Files of refused rows, one a job. They name members: all of them go when one of the members is erased. */
export interface RejectFiles {
  /** Begins a file and answers how to add to it. */
  open(jobId: number): Promise<RejectWriter>;
  /** Undefined when there is none (any more). */
  read(jobId: number): Promise<AsyncIterable<Uint8Array> | undefined>;
  removeAll(): Promise<void>;
}

export interface RejectWriter {
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface ImportJob {
  readonly jobId: number;
  /** `generated` where members are made up. */
  readonly format: ImportFormat | 'generated';
  readonly startedBy: string;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs | undefined;
  readonly state: 'running' | 'done' | 'failed';
  /** Of the file, as far as it was read. */
  readonly bytesRead: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly ignoredColumns: readonly string[];
  /** Why it failed; what was written before stays. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
}

export interface StartImport {
  readonly settings: Omit<ImportSettings, 'receivedAt'>;
  readonly input: AsyncIterable<Uint8Array>;
  readonly startedBy: string;
  readonly signal: AbortSignal;
}

/** Ended jobs that can still be asked for. */
const MAX_KEPT_JOBS = 50;

export interface ImportJobsDeps extends MembershipDeps {
  readonly store: MembershipDeps['store'] & Store<{ readonly ids: IdAllocator }>;
  readonly rejects: RejectFiles;
}

export class ImportJobs {
  private readonly jobs = new Map<number, ImportJob>();
  private readonly stopping = new AbortController();
  private background: Promise<void> = Promise.resolve();
  private isBeginning = false;

  constructor(private readonly deps: ImportJobsDeps) {}

  /**
   * Imports a file while it arrives; resolves when it has ended, well or not.
   * @throws DomainError `JOB_RUNNING` while another import runs.
   */
  async run(command: StartImport): Promise<ImportJob> {
    const job = await this.begin(command.settings.format, command.startedBy);
    try {
      const counts = await this.importFile(job.jobId, command);
      return this.change(job.jobId, { ...counts, state: 'done', endedAt: this.deps.clock.now() });
    } catch (error) {
      return this.change(job.jobId, { state: 'failed', error: toldError(error), endedAt: this.deps.clock.now() });
    }
  }

  private async importFile(jobId: number, { settings, input, signal }: StartImport): Promise<ImportResult> {
    const writer = await this.deps.rejects.open(jobId);
    try {
      await writer.append(REJECTS_HEADER);
      return await importMembers(this.deps, {
        settings,
        input: this.counted(jobId, input),
        signal,
        onRejects: (rejects) => writer.append(rejectsCsv(rejects)),
        onProgress: ({ progress: _, ...sofar }) => this.change(jobId, sofar),
      });
    } finally {
      await writer.close();
    }
  }

  /** @throws DomainError `NOT_FOUND`. */
  get(jobId: number): ImportJob {
    const job = this.jobs.get(jobId);
    if (job !== undefined) return job;
    throw new DomainError('NOT_FOUND', `There is no import ${jobId} since the server started; list them.`, { jobId });
  }

  /** Newest first. */
  list(): readonly ImportJob[] {
    return [...this.jobs.values()].reverse();
  }

  /** The rows a job refused, as CSV. @throws DomainError `NOT_FOUND`. */
  async rejectsOf(jobId: number): Promise<AsyncIterable<Uint8Array>> {
    const file = await this.deps.rejects.read(this.get(jobId).jobId);
    if (file !== undefined) return file;
    throw new DomainError(
      'NOT_FOUND',
      `The refused rows of import ${jobId} are no longer kept; import the file again.`,
      { jobId },
    );
  }

  /**
   * Begins to make up members in the background and answers the job to watch.
   * @throws DomainError `JOB_RUNNING`.
   */
  async generate(command: {
    readonly count: number;
    readonly seed: number;
    readonly startedBy: string;
  }): Promise<ImportJob> {
    const job = await this.begin('generated', command.startedBy);
    this.background = this.runGeneration(job.jobId, command);
    return job;
  }

  /** Stops what runs in the background; what was written stays. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.background;
  }

  private async runGeneration(
    jobId: number,
    { count, seed }: { readonly count: number; readonly seed: number },
  ): Promise<void> {
    try {
      const counts = await generateMembers(this.deps, {
        count,
        seed,
        signal: this.stopping.signal,
        onProgress: ({ progress: _, ...sofar }) => this.change(jobId, sofar),
      });
      this.change(jobId, { ...counts, state: 'done', endedAt: this.deps.clock.now() });
    } catch (error) {
      this.change(jobId, { state: 'failed', error: toldError(error), endedAt: this.deps.clock.now() });
    }
  }

  private async begin(format: ImportJob['format'], startedBy: string): Promise<ImportJob> {
    if (this.isBeginning || this.running() !== undefined) throw this.refusal();
    this.isBeginning = true;
    try {
      return this.enter(await this.deps.store.transaction((tx) => tx.ids.take('job', 1)), format, startedBy);
    } finally {
      this.isBeginning = false;
    }
  }

  private running(): ImportJob | undefined {
    return [...this.jobs.values()].find(({ state }) => state === 'running');
  }

  private refusal(): DomainError {
    const running = this.running();
    const [which, where] =
      running === undefined
        ? ['Another import', '/v1/members/imports']
        : [`Import ${running.jobId}`, `/v1/members/imports/${running.jobId}`];
    const message = `${which} is still running, and one runs at a time; wait until it has ended. GET ${where} shows how far it is.`;
    return new DomainError('JOB_RUNNING', message, { jobId: running?.jobId ?? null });
  }

  private enter(jobId: number, format: ImportJob['format'], startedBy: string): ImportJob {
    const job: ImportJob = {
      jobId,
      format,
      startedBy,
      startedAt: this.deps.clock.now(),
      endedAt: undefined,
      state: 'running',
      bytesRead: 0,
      created: 0,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      ignoredColumns: [],
      error: undefined,
    };
    this.jobs.set(jobId, job);
    const [oldest] = this.jobs.keys();
    if (this.jobs.size > MAX_KEPT_JOBS && oldest !== undefined) this.jobs.delete(oldest);
    return job;
  }

  private change(jobId: number, changes: Partial<ImportJob>): ImportJob {
    const job = { ...this.get(jobId), ...changes };
    this.jobs.set(jobId, job);
    return job;
  }

  private async *counted(jobId: number, input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytesRead = 0;
    for await (const bytes of input) {
      bytesRead += bytes.byteLength;
      this.change(jobId, { bytesRead });
      yield bytes;
    }
  }
}

function toldError(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  if (isDomainError(error)) return { code: error.code, message: error.message };
  return {
    code: 'INTERNAL',
    message:
      'The import stopped before the end of the file; what was written stays. Run the same file again: it goes on where it matters.',
  };
}
