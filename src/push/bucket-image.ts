import { assert } from '../core/assert.js';
import { epochMs, type EpochMs } from '../core/time.js';
import {
  ambiguousTries,
  classOfCode,
  isInFlight,
  isPending,
  OUTCOME_BASE,
  PENDING_FRESH,
  toPending,
} from '../ledger/cell-code.js';
import type { ClassCounts, LedgerRow, LedgerWrite, ReleaseTimes } from '../ledger/ledger-repository.js';
import type { HeldBucket } from './stream.js';

/** Codes before an outcome are counted together, under code 0. */
const countedCode = (code: number): number => (code < OUTCOME_BASE ? PENDING_FRESH : code);

/**
 * A held ledger row while one turn works on it: loaded, changed cell by cell, written back once. What the bucket's
 * holder remembers between turns is in `held`; the turn answers a new one.
 */
export class BucketImage {
  readonly cells: Uint8Array;
  private openSince: EpochMs | null;
  private handedOverAt: EpochMs | null = null;
  cursor: number;
  openCount: number;
  freshAt: number | null;
  triedAt: number | null;
  /** True once a cell of this row got its outcome in this turn. */
  hasSettledCells = false;

  constructor(
    readonly held: HeldBucket,
    private readonly row: LedgerRow,
    private readonly codeDeltas: Int32Array,
  ) {
    assert(row.cells.length === held.ordinals.length, 'a ledger row has a cell for each member of its bucket');
    this.cells = row.cells;
    this.openSince = row.openSince;
    this.cursor = held.cursor;
    this.openCount = held.openCount;
    this.freshAt = held.freshAt;
    this.triedAt = held.triedAt;
  }

  get startedOpenSince(): EpochMs | null {
    return this.row.openSince;
  }

  codeAt(position: number): number {
    const code = this.cells[position];
    assert(code !== undefined, `position ${position} is in the bucket`);
    return code;
  }

  /** Changes one cell and counts the change. */
  move(position: number, next: number): void {
    const from = countedCode(this.codeAt(position));
    const to = countedCode(next);
    this.cells[position] = next;
    if (from === to) return;
    this.codeDeltas[from] = (this.codeDeltas[from] ?? 0) - 1;
    this.codeDeltas[to] = (this.codeDeltas[to] ?? 0) + 1;
    this.hasSettledCells = true;
  }

  /** Gives one outcome to cells before an outcome, all at once: the way that nearly all members go. */
  settle(positions: Uint16Array, outcome: number): void {
    const { cells } = this;
    for (const position of positions) cells[position] = outcome;
    this.codeDeltas[PENDING_FRESH] = (this.codeDeltas[PENDING_FRESH] ?? 0) - positions.length;
    this.codeDeltas[outcome] = (this.codeDeltas[outcome] ?? 0) + positions.length;
    this.hasSettledCells ||= positions.length > 0;
  }

  /** True when every one of the cells holds this code. */
  areAll(positions: Uint16Array, code: number): boolean {
    const { cells } = this;
    for (const position of positions) if (cells[position] !== code) return false;
    return true;
  }

  noteHandover(now: EpochMs): void {
    this.openSince ??= now;
    this.handedOverAt = now;
  }

  /** Cells that came back wait until then; the latest wish of the pass counts, so that nobody's is cut short. */
  waitUntil(position: number, at: number): void {
    if (this.codeAt(position) === PENDING_FRESH) this.freshAt = Math.max(this.freshAt ?? 0, at);
    else this.triedAt = Math.max(this.triedAt ?? 0, at);
  }

  /** The row to write; with `isReleased` it gives the lease back, due when its pending cells are. */
  toWrite(now: EpochMs, isReleased: boolean): LedgerWrite {
    let summary = summarise(this.cells);
    if (isReleased && summary.hasInFlight) {
      this.takeBackMarks();
      summary = summarise(this.cells);
    }
    return {
      key: { campaignId: this.held.stream.campaignId, channel: this.held.stream.channel, bucket: this.held.bucket },
      token: this.held.token,
      cells: this.cells,
      counts: summary.counts,
      openSince: summary.isOpen ? (this.openSince ?? now) : null,
      handedOverAt: this.handedOverAt,
      release: isReleased ? this.releaseTimes(now, summary) : undefined,
    };
  }

  /** Puts back what is marked although nobody has it: marks of a turn whose commit was not known to have worked. */
  private takeBackMarks(): void {
    const { cells } = this;
    for (let position = 0; position < cells.length; position++) {
      const code = this.codeAt(position);
      if (isInFlight(code)) cells[position] = toPending(code);
    }
  }

  private releaseTimes(now: EpochMs, { hasFresh, hasTried }: Pick<Summary, 'hasFresh' | 'hasTried'>): ReleaseTimes {
    const at = (wish: number | null, before: EpochMs | null, wasTouched: boolean): EpochMs =>
      wasTouched ? epochMs(wish ?? now) : (before ?? now);
    return {
      nextAttemptAt: hasFresh ? at(this.freshAt, this.row.nextAttemptAt, this.held.pass.fresh) : null,
      // A pass over fresh cells only can still have made tried ones of them.
      retryAt: hasTried ? at(this.triedAt, this.row.retryAt, this.held.pass.tried || this.triedAt !== null) : null,
    };
  }

  /** What the holder remembers after this turn. */
  toHeld(): HeldBucket {
    const { cursor, openCount, freshAt, triedAt } = this;
    return { ...this.held, cursor, openCount, freshAt, triedAt };
  }
}

interface Summary {
  readonly counts: ClassCounts;
  readonly hasFresh: boolean;
  readonly hasTried: boolean;
  readonly hasInFlight: boolean;
  /** Something was handed over and not answered: in flight, or answered ambiguously. */
  readonly isOpen: boolean;
}

/** Members by code, counted anew for each row; one array, because rows are many and this runs to its end at once. */
const histogram = new Int32Array(256);

function summarise(cells: Uint8Array): Summary {
  histogram.fill(0);
  for (const code of cells) histogram[code] = (histogram[code] ?? 0) + 1;
  const counts = { pending: 0, sent: 0, failed: 0, unknown: 0, suppressed: 0 };
  let tried = 0;
  let inFlight = 0;
  let open = 0;
  for (let code = 0; code < histogram.length; code++) {
    const members = histogram[code] ?? 0;
    if (members === 0) continue;
    const outcomeClass = classOfCode(code);
    assert(outcomeClass !== undefined, `every byte of a ledger row is a code, ${code} is none`);
    counts[outcomeClass] += members;
    if (isInFlight(code)) inFlight += members;
    else if (isPending(code) && code !== PENDING_FRESH) tried += members;
    if (code < OUTCOME_BASE && (isInFlight(code) || ambiguousTries(code) > 0)) open += members;
  }
  return {
    counts,
    hasFresh: (histogram[PENDING_FRESH] ?? 0) > 0,
    hasTried: tried > 0,
    hasInFlight: inFlight > 0,
    isOpen: open > 0,
  };
}
