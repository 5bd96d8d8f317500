/**
 * Parses, normalises and validates a file of members, away from the thread that owns the store. It keeps at most two
 * runs: one on its way to the writer, one being collected; while both are full it takes no more of the file.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { isDomainError } from '../../core/errors.js';
import { transferred, type FromMaker, type ToMaker } from './batch-messages.js';
import { BatchOutbox } from './batch-outbox.js';
import type { ImportSettings, Reject } from './import-settings.js';
import { memberFileReader, type MemberFileReader } from './member-file-reader.js';
import { packStatement, type PackedBatch } from './packed-batch.js';
import { RunSorter } from './run-sorter.js';

/** Text is made of this much at once: it is alive while its rows are read, and what lives is copied by each collection. */
const BYTES_AT_ONCE = 8_192;

/** Rejects that end a run even where no row was good. */
const MAX_RUN_REJECTS = 5_000;

class ImportThread {
  private readonly outbox = new BatchOutbox((message) => this.post(message));
  private readonly sorter = new RunSorter((rows) => this.postBatch(rows));
  private readonly reader: MemberFileReader;
  private readonly held: (ToMaker & { readonly kind: 'chunk' | 'end' })[] = [];
  private rejects: Reject[] = [];
  private bytesRead = 0;
  private state: 'reading' | 'flushing' | 'sending' | 'done' = 'reading';

  constructor(
    settings: ImportSettings,
    private readonly post: (message: FromMaker) => void,
  ) {
    this.reader = memberFileReader(settings, {
      statement: (statement, line) => this.sorter.add(statement.row.memberId, packStatement(statement, line)),
      reject: (reject) => this.rejects.push(reject),
    });
  }

  take(message: ToMaker): void {
    if (message.kind === 'credit') {
      this.sorter.takeBack(message.bytes.buffer);
      this.outbox.credit();
    } else this.held.push(message);
    while (!this.isStalled()) {
      const next = this.held.shift();
      if (next === undefined) break;
      if (next.kind === 'chunk') this.read(next.bytes);
      else this.end();
    }
    this.finish();
  }

  private isStalled(): boolean {
    if (!this.isRunFull()) return false;
    if (this.outbox.isWaiting) return true;
    this.flush();
    return false;
  }

  private isRunFull(): boolean {
    return this.sorter.isFull || this.rejects.length >= MAX_RUN_REJECTS;
  }

  private read(bytes: Uint8Array): void {
    this.bytesRead += bytes.byteLength;
    for (let start = 0; start < bytes.byteLength; start += BYTES_AT_ONCE) {
      this.reader.push(bytes.subarray(start, start + BYTES_AT_ONCE));
    }
    this.post({ kind: 'took' });
  }

  private end(): void {
    this.reader.end();
    this.state = 'flushing';
  }

  private finish(): void {
    if (this.state === 'flushing' && !this.outbox.isWaiting) {
      this.flush();
      this.state = 'sending';
    }
    if (this.state !== 'sending' || this.outbox.isWaiting) return;
    this.post({ kind: 'done', ignoredColumns: this.reader.ignoredColumns });
    this.state = 'done';
  }

  private flush(): void {
    this.sorter.flush();
    if (this.rejects.length > 0) this.postBatch({ bytes: new Uint8Array(0), pieceEnds: [] });
  }

  private postBatch(rows: PackedBatch): void {
    const { rejects } = this;
    this.rejects = [];
    this.outbox.add({ kind: 'batch', rows, rejects, progress: this.bytesRead });
  }
}

const port = parentPort;
if (port !== null) {
  const fail = (error: unknown): void => {
    if (!isDomainError(error)) throw error;
    port.postMessage({ kind: 'failed', message: error.message, values: error.values } satisfies FromMaker);
    port.close();
  };
  try {
    // Handed over by import-members.ts.
    const thread = new ImportThread(workerData as ImportSettings, (message) => {
      port.postMessage(message, transferred(message));
    });
    port.on('message', (message: ToMaker) => {
      try {
        thread.take(message);
      } catch (error) {
        fail(error);
      }
    });
  } catch (error) {
    fail(error);
  }
}
