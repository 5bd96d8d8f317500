import { ANSWER_KINDS, type AnswerKind, type Chunk, type ChunkAnswer } from '../../../core/ports/provider.js';

/** What goes to the thread that sends. */
export type ToWorker =
  | {
      readonly kind: 'send';
      readonly id: number;
      readonly chunk: Chunk;
      /** By `processMonotonicMs`, so that the way to the thread counts against the chunk's time. */
      readonly postedAtMs: number;
    }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

/** What comes from it. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly id: number; readonly answer: WireAnswer }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown }
  | { readonly kind: 'closed' };

/** An answer with a byte per member in place of a name. */
export interface WireAnswer extends Omit<ChunkAnswer, 'kinds'> {
  readonly kinds: AnswerKind | Uint8Array;
}

export function packAnswer(answer: ChunkAnswer): WireAnswer {
  const { kinds } = answer;
  if (typeof kinds === 'string') return { ...answer, kinds };
  return { ...answer, kinds: Uint8Array.from(kinds, (kind) => ANSWER_KINDS.indexOf(kind)) };
}

export function unpackAnswer(answer: WireAnswer): ChunkAnswer {
  const { kinds } = answer;
  if (typeof kinds === 'string') return { ...answer, kinds };
  // A byte that names no kind is nonsense from a vendor's thread, like any other.
  return { ...answer, kinds: Array.from(kinds, (index) => ANSWER_KINDS[index] ?? 'ambiguous') };
}
