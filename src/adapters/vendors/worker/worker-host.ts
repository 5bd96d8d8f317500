import { Worker } from 'node:worker_threads';
import type { Chunk, ChunkAnswer } from '../../../core/ports/provider.js';
import { workerFile } from '../../../core/worker-file.js';
import { processMonotonicMs } from '../../system/process-time.js';
import type { VendorSpec } from '../vendor-spec.js';
import { unpackAnswer, type FromWorker, type ToWorker } from './wire.js';

export interface WorkerHostEvents {
  /** The thread has built its provider. */
  readonly onReady: () => void;
  /** The thread is gone, asked for or not; called once. */
  readonly onExit: (error: Error | undefined) => void;
}

interface Waiting {
  readonly resolve: (answer: ChunkAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** What is not answered when its thread dies may have been written. */
const THREAD_DIED: ChunkAnswer = { kinds: 'ambiguous', detail: { code: 'senderThreadDied' }, isSenderLost: true };

/** One life of a vendor's thread. */
export class WorkerHost {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private readonly exited: Promise<void>;
  private lastId = 0;
  private error: Error | undefined;

  constructor(spec: VendorSpec, events: WorkerHostEvents) {
    this.worker = new Worker(workerFile(import.meta.url, './vendor-worker.js'), {
      name: `vendor-${spec.channel}`,
      workerData: spec,
      execArgv: [],
      env: {}, // secrets came with the spec; nothing else of the environment concerns a vendor
    });
    this.worker.on('message', (message: FromWorker) => this.receive(message, events));
    this.worker.on('error', (error: unknown) => {
      this.error = error instanceof Error ? error : new Error(String(error));
    });
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', () => {
        for (const { resolve: answer } of this.waiting.values()) answer(THREAD_DIED);
        this.waiting.clear();
        events.onExit(this.error);
        resolve();
      });
    });
  }

  /** Rejects only when the provider in the thread broke an invariant. */
  send(chunk: Chunk, signal: AbortSignal): Promise<ChunkAnswer> {
    const id = ++this.lastId;
    const abort = (): void => this.post({ kind: 'abort', id });
    signal.addEventListener('abort', abort, { once: true });
    const answer = new Promise<ChunkAnswer>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.post({ kind: 'send', id, chunk, postedAtMs: processMonotonicMs() });
    return answer.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Lets the provider finish what is under way, then ends the thread. */
  async close(): Promise<void> {
    this.post({ kind: 'close' });
    await this.exited;
  }

  /** Ends the thread at once. */
  async kill(): Promise<void> {
    await this.worker.terminate();
    await this.exited;
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromWorker, events: WorkerHostEvents): void {
    switch (message.kind) {
      case 'ready':
        events.onReady();
        return;
      case 'answered':
        this.take(message.id)?.resolve(unpackAnswer(message.answer));
        return;
      case 'failed':
        this.take(message.id)?.reject(new Error('The provider in the thread failed.', { cause: message.error }));
        return;
      case 'closed':
        void this.worker.terminate(); // its end is awaited by `exited`
    }
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}
