import { assert } from '../core/assert.js';
import { epochMs, type EpochMs } from '../core/time.js';
import {
  ambiguousTries,
  CLASS_BY_CODE,
  isInFlight,
  isPending,
  OUTCOME_BASE,
  OUTCOME_CLASSES,
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

  noteHandover(now: EpochMs): void {
    this.openSince ??= now;
    this.handedOverAt = now;
  }

  /** Cells that came back wait until then; the latest wish of the pass counts, so that nobody's is cut short. */
  waitUntil(position: number, at: number): void {
    if (this.codeAt(position) === PENDING_FRESH) this.freshAt = Math.max(this.freshAt ?? 0, at);
    else this.triedAt = Math.max(this.triedAt ?? 0, at);
  }

  /** Puts back what is marked although nobody has it: marks of a turn whose commit was not known to have worked. */
  takeBackMarks(): void {
    for (let position = 0; position < this.cells.length; position++) {
      const code = this.codeAt(position);
      if (isInFlight(code)) this.cells[position] = toPending(code);
    }
  }

  /** The row to write; with `isReleased` it gives the lease back, due when its pending cells are. */
  toWrite(now: EpochMs, isReleased: boolean): LedgerWrite {
    const { counts, hasFresh, hasTried, isOpen } = summarise(this.cells);
    return {
      key: { campaignId: this.held.stream.campaignId, channel: this.held.stream.channel, bucket: this.held.bucket },
      token: this.held.token,
      cells: this.cells,
      counts,
      openSince: isOpen ? (this.openSince ?? now) : null,
      handedOverAt: this.handedOverAt,
      release: isReleased ? this.releaseTimes(now, { hasFresh, hasTried }) : undefined,
    };
  }

  private releaseTimes(
    now: EpochMs,
    { hasFresh, hasTried }: { readonly hasFresh: boolean; readonly hasTried: boolean },
  ): ReleaseTimes {
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
  /** Something was handed over and not answered: in flight, or answered ambiguously. */
  readonly isOpen: boolean;
}

export function summarise(cells: Uint8Array): Summary {
  const byClass = new Int32Array(256);
  let hasFresh = false;
  let hasTried = false;
  let isOpen = false;
  for (const code of cells) {
    const index = CLASS_BY_CODE[code] ?? 255;
    byClass[index] = (byClass[index] ?? 0) + 1;
    if (code >= OUTCOME_BASE) continue;
    if (code === PENDING_FRESH) hasFresh = true;
    else if (isPending(code)) hasTried = true;
    if (isInFlight(code) || ambiguousTries(code) > 0) isOpen = true;
  }
  assert(byClass[255] === 0, 'every byte of a ledger row is a code');
  const [pending = 0, sent = 0, failed = 0, unknown = 0, suppressed = 0] = byClass.subarray(0, OUTCOME_CLASSES.length);
  return { counts: { pending, sent, failed, unknown, suppressed }, hasFresh, hasTried, isOpen };
}
