import type { Worker } from 'node:worker_threads';
import { DomainError } from '../../core/errors.js';
import { transferred, type FromMaker, type ToMaker } from './batch-messages.js';
import type { Reject } from './import-settings.js';
import { unpackPieces, type NumberedStatement } from './packed-batch.js';

/** What a maker hands over at once. */
export interface MadeBatch {
  /** To be taken before the next batch is asked for: a piece is unpacked when it is its turn. All rows of a member are in one of them. */
  readonly pieces: Iterable<readonly NumberedStatement[]>;
  readonly rejects: readonly Reject[];
  readonly progress: number;
}

/** Chunks of a file that may be on their way to the maker. */
const MAX_OPEN_CHUNKS = 8;
const MAX_CHUNK_BYTES = 65_536;

/**
 * The writer's end of a thread that makes members. `batches` ends when the maker is done and rejects when it, its
 * input or its thread fails. The thread is gone when `batches` has ended, however it ends. An input that was not read to
 * its end is the caller's to close.
 */
export class BatchThread {
  ignoredColumns: readonly string[] = [];
  private readonly messages: FromMaker[] = [];
  private failure: Error | undefined;
  private openChunks = 0;
  private waiters: (() => void)[] = [];

  constructor(private readonly worker: Worker) {
    worker.on('message', (message: FromMaker) => {
      if (message.kind === 'took') this.openChunks -= 1;
      else this.messages.push(message);
      this.wake();
    });
    worker.on('error', (error) => this.fail(error));
    worker.on('exit', () => this.fail(new Error('The thread that reads members ended early.')));
  }

  /** Feeds the bytes of a file and yields what is made of them. */
  async *batches(
    input: AsyncIterable<Uint8Array> | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<MadeBatch> {
    const stop = new AbortController();
    if (input !== undefined) void this.feed(input, stop.signal); // ends with its input or with `stop`; never rejects
    const abort = (): void => this.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        const message = await this.next();
        if (message.kind === 'done') {
          this.ignoredColumns = message.ignoredColumns;
          return;
        }
        if (message.kind === 'failed') throw new DomainError('INVALID_INPUT', message.message, message.values);
        if (message.kind !== 'batch') continue;
        yield { pieces: unpackPieces(message.rows), rejects: message.rejects, progress: message.progress };
        this.send({ kind: 'credit', bytes: message.rows.bytes });
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      stop.abort();
      this.wake();
      await this.worker.terminate();
    }
  }

  private async next(): Promise<FromMaker> {
    for (;;) {
      const message = this.messages.shift();
      if (message !== undefined) return message;
      if (this.failure !== undefined) throw this.failure;
      await this.change();
    }
  }

  private async feed(input: AsyncIterable<Uint8Array>, stopped: AbortSignal): Promise<void> {
    try {
      for await (const chunk of input) {
        for (let start = 0; start < chunk.byteLength; start += MAX_CHUNK_BYTES) {
          while (this.openChunks >= MAX_OPEN_CHUNKS && !stopped.aborted) await this.change();
          if (stopped.aborted) return;
          const bytes = new Uint8Array(chunk.subarray(start, start + MAX_CHUNK_BYTES)); // a copy: the stream's own buffer may be shared
          this.openChunks += 1;
          this.send({ kind: 'chunk', bytes });
        }
      }
      this.send({ kind: 'end' });
    } catch (error) {
      this.fail(error);
    }
  }

  private send(message: ToMaker): void {
    this.worker.postMessage(message, transferred(message));
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error('The import was stopped.', { cause: error });
    this.wake();
  }

  /** Resolves at the next message, failure or stop. Two may wait: the feeder and the reader. */
  private change(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve();
  }
}
