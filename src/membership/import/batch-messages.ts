import type { Transferable } from 'node:worker_threads';
import type { ErrorValues } from '../../core/errors.js';
import type { Reject } from './import-settings.js';
import type { PackedBatch } from './packed-batch.js';

/**
 * What a thread that makes members and the thread that writes them say to each other.
 *
 *   writer ─chunk─► maker (only a maker that reads a file; `took` asks for the next)
 *   maker ─batch─► writer ─credit─► maker      at most MAX_OPEN_BATCHES batches are on the way or being written;
 *                                              a credit brings the batch's memory back, to be used again
 *   maker ─done | failed─► writer
 */
export type ToMaker =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'credit'; readonly bytes: Uint8Array<ArrayBuffer> };

export type FromMaker =
  | { readonly kind: 'took' }
  | {
      readonly kind: 'batch';
      readonly rows: PackedBatch;
      readonly rejects: readonly Reject[];
      /** Bytes of the file (or members) made into batches so far. */
      readonly progress: number;
    }
  | { readonly kind: 'done'; readonly ignoredColumns: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string; readonly values: ErrorValues };

export const MAX_OPEN_BATCHES = 4;

/** What a message hands over without a copy. */
export function transferred(message: FromMaker | ToMaker): readonly Transferable[] {
  if (message.kind === 'batch') return [message.rows.bytes.buffer];
  return message.kind === 'chunk' || message.kind === 'credit' ? [message.bytes.buffer] : [];
}
