/**
 * Copying, in slices of about a megabyte: a slice and the count of what is copied commit together, so whoever comes
 * after a kill goes on at the row where it ended. Several parts are copied side by side, and of each the next slice is
 * read while the last one is written.
 */
import { assert } from '../core/assert.js';
import type { Store } from '../core/ports/store.js';
import type { MoveInTx, MovePart, MoveSource } from './move-ports.js';

/** Large enough that a commit costs little, far below what a server takes as one statement (16 MiB by default). */
const SLICE_CHARACTERS = 1_000_000;
const MAX_SLICE_ROWS = 20_000;
const PARTS_AT_ONCE = 3;

export interface CopyOptions {
  readonly source: MoveSource;
  readonly store: Store<MoveInTx>;
  readonly signal: AbortSignal;
  /** Rows of a part that are committed at once, at most. Default 20,000. */
  readonly sliceRows?: number | undefined;
  /** Rows in the database so far, those of earlier runs among them. */
  readonly onCopied: (rows: number) => void;
}

/** Answers how many rows this run has copied. @throws the signal's reason; then the same call goes on later. */
export async function copyParts(options: CopyOptions): Promise<number> {
  const { source, store, signal, sliceRows = MAX_SLICE_ROWS, onCopied } = options;
  const copied = await store.read((tx) => tx.moveIn.copied());
  const before = [...copied.values()].reduce((sum, rows) => sum + rows, 0);
  let now = 0;
  onCopied(before);
  const onSlice = (rows: number): void => {
    now += rows;
    onCopied(before + now);
  };
  // The largest first: what ends last should not have begun last.
  const waiting = source.parts.toSorted((left, right) => right.rowCount - left.rowCount);
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const worker = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      await copyPart(part, copied.get(part.name) ?? 0, { store, signal: ended, sliceRows, onSlice });
    }
  };
  const workers = Array.from({ length: PARTS_AT_ONCE }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return now;
}

interface PartOptions extends Pick<CopyOptions, 'store' | 'signal'> {
  readonly sliceRows: number;
  readonly onSlice: (rows: number) => void;
}

async function copyPart(part: MovePart, from: number, options: PartOptions): Promise<void> {
  const { store, signal, sliceRows, onSlice } = options;
  let done = from;
  let writing: Promise<void> = Promise.resolve();
  if (done < part.rowCount) {
    for (const rows of slicesOf(part.rows(done), sliceRows)) {
      await writing;
      signal.throwIfAborted();
      const place = done;
      done += rows.length;
      writing = store
        .transaction((tx) => tx.moveIn.append(part, place, rows))
        .then(() => {
          onSlice(rows.length);
        });
      writing.catch(() => undefined); // awaited above, or below
    }
  }
  await writing;
  assert(done === part.rowCount, `${part.name} has ${part.rowCount} rows, and ${done} were copied`);
}

function* slicesOf(rows: Iterable<string>, sliceRows: number): Generator<readonly string[]> {
  let slice: string[] = [];
  let characters = 0;
  for (const row of rows) {
    slice.push(row);
    characters += row.length;
    if (characters < SLICE_CHARACTERS && slice.length < sliceRows) continue;
    yield slice;
    slice = [];
    characters = 0;
  }
  if (slice.length > 0) yield slice;
}
