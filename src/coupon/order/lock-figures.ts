import type { JournalEntry } from '../grant/grant-repository.js';

/** `ranOut`: nobody paid or cancelled in time. `paidLate`: paid after that. `givenBack`: by a refund, or a cancel after the payment. */
export const LOCK_OUTCOMES = [
  'taken',
  'refused',
  'released',
  'ranOut',
  'redeemed',
  'paidLate',
  'givenBack',
  'conflict',
] as const;
export type LockOutcome = (typeof LOCK_OUTCOMES)[number];

/** Is told what a transaction has journaled; it may yet be rolled back. */
export type SeeMoves = (entries: readonly JournalEntry[]) => void;

/** What became of locks since the start, grant by grant; of a lock that was refused, request by request. */
export class LockFigures {
  private readonly counts = new Map<LockOutcome, number>(LOCK_OUTCOMES.map((outcome) => [outcome, 0]));

  /** For entries that have committed. */
  countMoves(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      const outcome = outcomeOf(entry);
      if (outcome !== undefined) this.count(outcome);
    }
  }

  count(outcome: LockOutcome): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }

  all(): Iterable<readonly [LockOutcome, number]> {
    return this.counts;
  }
}

function outcomeOf({ move, why }: JournalEntry): LockOutcome | undefined {
  switch (move) {
    case 'locked':
      return 'taken';
    case 'released':
      return why === 'lockRanOut' ? 'ranOut' : 'released';
    case 'redeemed':
    case 'paidAgain':
      return 'redeemed';
    case 'paidLate':
    case 'conflict':
      return move;
    case 'returned':
    case 'forfeited':
      return 'givenBack';
    case 'granted':
    case 'revoked':
      return undefined;
  }
}
