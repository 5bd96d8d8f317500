import type { Transferable } from 'node:worker_threads';
import type { ErrorValues } from '../../core/errors.js';
import type { Reject } from './import-settings.js';

/**
 * What a thread that makes members and the thread that writes them say to each other.
 *
 *   writer ─chunk─► maker (only a maker that reads a file; `took` asks for the next)
 *   maker ─batch─► writer ─credit─► maker      at most MAX_OPEN_BATCHES batches are on the way or being written
 *   maker ─done | failed─► writer
 */
export type ToMaker =
  { readonly kind: 'chunk'; readonly bytes: Uint8Array } | { readonly kind: 'end' } | { readonly kind: 'credit' };

export type FromMaker =
  | { readonly kind: 'took' }
  | {
      readonly kind: 'batch';
      /** See packed-batch.ts. */
      readonly rows: Uint8Array;
      readonly rejects: readonly Reject[];
      /** Bytes of the file (or members) made into batches so far. */
      readonly progress: number;
    }
  | { readonly kind: 'done'; readonly ignoredColumns: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string; readonly values: ErrorValues };

export const MAX_OPEN_BATCHES = 4;

/** What a message hands over without a copy. */
export const transferred = (message: FromMaker): readonly Transferable[] =>
  message.kind === 'batch' && message.rows.buffer instanceof ArrayBuffer ? [message.rows.buffer] : [];
