/**
 * Collects packed rows into runs, sorts each run by member and cuts it into batches. Sorted batches meet the pages of
 * the id's index in order: a million random ids load three times as fast as unsorted (4 µs of commit a row against 22).
 * Rows of one member keep their order and never part over two batches, so that a file which contradicts itself within
 * a run is written once, as it ends.
 */
const MAX_RUN_ROWS = 40_000;
/** Memory of a run: rows lie in it one behind the other, as UTF-8, and are never objects. */
const ARENA_BYTES = 10 * 1_048_576;
/** Room behind it, for the rows that the last chunk of a file brings; it grows when that is not enough. */
const SPARE_BYTES = 1_048_576;
const MAX_BYTES_PER_CHARACTER = 3;
const BATCH_ROWS = 1_000;

export class RunSorter {
  private arena = Buffer.allocUnsafeSlow(ARENA_BYTES + SPARE_BYTES);
  /** Row i lies between offsets i and i + 1. */
  private offsets: number[] = [0];
  private memberIds: string[] = [];
  private isAscending = true;

  /** `onBatch` gets the bytes of packed rows (see packed-batch.ts), which are its own to keep. */
  constructor(private readonly onBatch: (rows: Uint8Array) => void) {}

  add(memberId: string, packed: string): void {
    const previous = this.memberIds.at(-1);
    if (previous !== undefined && memberId <= previous) this.isAscending = false;
    const offset = this.offsetOf(this.memberIds.length);
    this.makeRoom(offset + packed.length * MAX_BYTES_PER_CHARACTER);
    this.memberIds.push(ownCopy(memberId));
    this.offsets.push(offset + this.arena.write(packed, offset));
  }

  get isFull(): boolean {
    return this.memberIds.length >= MAX_RUN_ROWS || this.offsetOf(this.memberIds.length) >= ARENA_BYTES;
  }

  /** Hands over the run in batches and starts the next one. */
  flush(): void {
    const { memberIds } = this;
    const order = memberIds.map((_, index) => index);
    const idAt = (position: number): string => memberIds[order[position] ?? -1] ?? '';
    if (!this.isAscending) {
      order.sort((left, right) => compare(memberIds[left] ?? '', memberIds[right] ?? '') || left - right);
    }
    for (let start = 0; start < order.length;) {
      let end = Math.min(start + BATCH_ROWS, order.length);
      while (end < order.length && idAt(end) === idAt(end - 1)) end += 1;
      this.onBatch(this.join(order.slice(start, end)));
      start = end;
    }
    this.memberIds = [];
    this.offsets = [0];
    this.isAscending = true;
  }

  private makeRoom(sizeBytes: number): void {
    if (sizeBytes <= this.arena.length) return;
    const larger = Buffer.allocUnsafeSlow(sizeBytes + SPARE_BYTES);
    larger.set(this.arena);
    this.arena = larger;
  }

  /** A JSON array of these rows. */
  private join(rows: readonly number[]): Uint8Array {
    const sizeBytes = rows.reduce((sum, row) => sum + this.offsetOf(row + 1) - this.offsetOf(row) + 1, 1);
    const joined = new Uint8Array(sizeBytes);
    let length = 0;
    for (const row of rows) {
      joined[length] = length === 0 ? BRACKET_OPEN : COMMA;
      joined.set(this.arena.subarray(this.offsetOf(row), this.offsetOf(row + 1)), length + 1);
      length += 1 + this.offsetOf(row + 1) - this.offsetOf(row);
    }
    joined[length] = BRACKET_CLOSE;
    return joined;
  }

  private offsetOf(row: number): number {
    return this.offsets[row] ?? 0;
  }
}

/** A piece of a file's text keeps the whole chunk in memory; this keeps the id alone. */
const ownCopy = (text: string): string => `${text} `.slice(0, -1);

const [BRACKET_OPEN, BRACKET_CLOSE, COMMA] = [91, 93, 44];
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
