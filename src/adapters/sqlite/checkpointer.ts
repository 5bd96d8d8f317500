import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { workerFile } from '../../core/worker-file.js';

const MIB = 1024 * 1024;
/** A passive checkpoint is asked for each time the log has grown by this much. */
export const CHECKPOINT_EVERY_BYTES = 16 * MIB;
/** Past this size the log is emptied between two commits, once a passive checkpoint has copied most of it. */
export const TRUNCATE_ABOVE_BYTES = 64 * MIB;

type Reply = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly code: string };

/**
 * Keeps the write-ahead log short: a thread copies it back as it grows, beside the writer. Emptying it (TRUNCATE) is
 * done by the writer, which alone can be sure that nobody writes meanwhile.
 */
export class Checkpointer {
  private readonly worker: Worker;
  private readonly ended: Promise<void>;
  private isRunning = false;
  private nextAtBytes = CHECKPOINT_EVERY_BYTES;

  constructor(
    private readonly file: string,
    private readonly onFailure: (code: string) => void,
  ) {
    this.worker = new Worker(workerFile(import.meta.url, './checkpoint-worker.js'), { workerData: { file } });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        resolve();
      });
    });
    this.worker.on('message', (reply: Reply) => {
      this.isRunning = false;
      if (reply.kind === 'failed') this.onFailure(reply.code);
    });
    this.worker.on('error', (error: Error) => {
      this.isRunning = false;
      this.onFailure(error.message);
    });
    this.worker.unref();
  }

  /** Size of the write-ahead log file in bytes. */
  walBytes(): number {
    return statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Called after each commit; true when the writer should empty the log now. */
  afterCommit(): boolean {
    if (this.isRunning) return false;
    const sizeBytes = this.walBytes();
    if (sizeBytes < this.nextAtBytes) return false;
    if (sizeBytes >= TRUNCATE_ABOVE_BYTES && this.nextAtBytes > TRUNCATE_ABOVE_BYTES) return true;
    this.nextAtBytes = sizeBytes + CHECKPOINT_EVERY_BYTES;
    this.isRunning = true;
    this.worker.postMessage('passive');
    return false;
  }

  /** True while the thread copies: an emptying would have to wait for it. */
  get isBusy(): boolean {
    return this.isRunning;
  }

  /** Called after the log was emptied. */
  afterTruncate(): void {
    this.nextAtBytes = CHECKPOINT_EVERY_BYTES;
  }

  async close(): Promise<void> {
    this.worker.postMessage('close');
    this.worker.ref();
    await this.ended;
  }
}
