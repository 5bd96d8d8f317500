import { Worker } from 'node:worker_threads';
import { workerFile } from '../../core/worker-file.js';
import type { LogCopier } from './checkpointer.js';

export type CopyReply = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly code: string };

/** Copies in a thread with a connection of its own, so that no sync of the file holds up the writer. */
export class ThreadedLogCopier implements LogCopier {
  private readonly worker: Worker;
  private readonly ended: Promise<void>;
  private answer: ((failure: string | undefined) => void) | undefined;

  constructor(file: string, onThreadFailed: (message: string) => void) {
    this.worker = new Worker(workerFile(import.meta.url, './checkpoint-worker.js'), { workerData: { file } });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.answer?.(undefined);
        resolve();
      });
    });
    this.worker.on('message', (reply: CopyReply) => {
      this.answer?.(reply.kind === 'failed' ? reply.code : undefined);
      this.answer = undefined;
    });
    this.worker.on('error', (error: Error) => {
      if (this.answer === undefined) onThreadFailed(error.message);
      else this.answer(error.message);
      this.answer = undefined;
    });
    this.worker.unref();
  }

  copy(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.answer = resolve;
      this.worker.postMessage('passive');
    });
  }

  async close(): Promise<void> {
    this.worker.postMessage('close');
    this.worker.ref();
    await this.ended;
  }
}
