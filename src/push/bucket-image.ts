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
import { afterPoison } from '../ledger/cell-moves.js';
import type { ClassCounts, LedgerRow, LedgerWrite, ReleaseTimes } from '../ledger/ledger-repository.js';
import { ISOLATION_LOSSES } from './poison.js';
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
  lossCount: number;
  /** Members who were given up in this turn. */
  readonly givenUp: { readonly ordinal: number; readonly cellCode: number }[] = [];
  private hasLost: boolean;
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
    this.lossCount = held.lossCount;
    this.hasLost = held.hasLost;
  }

  /** True when nobody of the bucket was handed over before this turn: no cell holds a try. */
  get isUntouched(): boolean {
    return this.row.firstHandoverAt === null;
  }

  get startedOpenSince(): EpochMs | null {
    return this.row.openSince;
  }

  /** True when the pass has looked at every cell. */
  get isThrough(): boolean {
    return this.cursor >= this.cells.length;
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
    for (let index = 0; index < positions.length; index++) cells[positions[index] ?? 0] = outcome;
    this.codeDeltas[PENDING_FRESH] = (this.codeDeltas[PENDING_FRESH] ?? 0) - positions.length;
    this.codeDeltas[outcome] = (this.codeDeltas[outcome] ?? 0) + positions.length;
    this.hasSettledCells ||= positions.length > 0;
  }

  /** True when every one of the cells holds this code. */
  areAll(positions: Uint16Array, code: number): boolean {
    const { cells } = this;
    for (let index = 0; index < positions.length; index++) if (cells[positions[index] ?? 0] !== code) return false;
    return true;
  }

  noteHandover(now: EpochMs): void {
    this.openSince ??= now;
    this.handedOverAt = now;
  }

  /** What was sending died with members of this bucket in hand; however many chunks they were, it died once. */
  noteLoss(): void {
    if (this.lossCount === this.held.lossCount) this.lossCount++;
    this.hasLost = true;
  }

  /** The member that stopped every sender is given up; whoever else does so is looked for in the rest, in halves. */
  giveUp(position: number): void {
    const next = afterPoison(this.codeAt(position));
    assert(next !== undefined, 'only a cell without an outcome stops a sender');
    this.move(position, next);
    this.lossCount = ISOLATION_LOSSES;
    this.givenUp.push({ ordinal: this.held.ordinals[position] ?? 0, cellCode: next });
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
      lossCount: isReleased && this.isThrough && !this.hasLost ? 0 : this.lossCount,
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
    const { pass } = this.held;
    const at = (wish: number | null, before: EpochMs | null, wasTouched: boolean): EpochMs =>
      wasTouched ? epochMs(wish ?? now) : epochMs(Math.max(wish ?? 0, before ?? 0) || now);
    return {
      nextAttemptAt: hasFresh ? at(this.freshAt, this.row.nextAttemptAt, pass.fresh) : null,
      // A pass over fresh cells only can have made tried ones, beside those that wait for longer.
      retryAt: hasTried ? at(this.triedAt, this.row.retryAt, pass.tried) : null,
    };
  }

  /** What the holder remembers after this turn. */
  toHeld(): HeldBucket {
    const { cursor, openCount, freshAt, triedAt, lossCount, hasLost } = this;
    return { ...this.held, cursor, openCount, freshAt, triedAt, lossCount, hasLost };
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

/**
 * Members by code, counted anew for each row: shared, because rows are many and this runs to its end at once. Neighbours
 * mostly share a code, and two sums that need not wait for each other take a third of the time.
 */
const histogram = new Int32Array(256);
const oddHistogram = new Int32Array(256);

function countCodes(cells: Uint8Array): void {
  histogram.fill(0);
  oddHistogram.fill(0);
  const lastPair = cells.length - 1;
  let position = 0;
  for (; position < lastPair; position += 2) {
    const even = cells[position] ?? 0;
    const odd = cells[position + 1] ?? 0;
    histogram[even] = (histogram[even] ?? 0) + 1;
    oddHistogram[odd] = (oddHistogram[odd] ?? 0) + 1;
  }
  const last = position === lastPair ? cells[position] : undefined;
  if (last !== undefined) histogram[last] = (histogram[last] ?? 0) + 1;
  for (let code = 0; code < 256; code++) histogram[code] = (histogram[code] ?? 0) + (oddHistogram[code] ?? 0);
}

function summarise(cells: Uint8Array): Summary {
  countCodes(cells);
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
