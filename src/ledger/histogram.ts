/**
 * What became of a campaign's audience on one channel, as the books have it: never computed from progress.
 *
 *   audience = sent + failed + unknown + suppressed + pending
 */
import {
  classOfCode,
  classOfOutcome,
  nameOfCode,
  OUTCOME_CLASSES,
  OUTCOME_NAMES,
  type OutcomeClass,
  type OutcomeName,
} from './cell-code.js';
import type { ClassCounts } from './ledger-repository.js';

export interface OutcomeCount {
  readonly outcome: OutcomeName;
  readonly outcomeClass: OutcomeClass;
  readonly members: number;
}

export interface OutcomeHistogram {
  /** Members of the frozen audience. */
  readonly audienceMembers: number;
  /** The five figures; those in flight count as pending. */
  readonly byClass: ClassCounts;
  /** By outcome and reason, in the order of the table of codes, zeros left out. */
  readonly byOutcome: readonly OutcomeCount[];
  /** False when the five figures do not add up to the audience: the store is damaged, and `fanfare audit` says where. */
  readonly isBalanced: boolean;
}

/**
 * The histogram of a stream from its counts by code, as the ledger keeps them (code 0 stands for everything before an
 * outcome). `audienceMembers` is the size of the frozen audience.
 */
export function histogramOf(counts: ReadonlyMap<number, number>, audienceMembers: number): OutcomeHistogram {
  const byClass: Record<OutcomeClass, number> = { pending: 0, sent: 0, failed: 0, unknown: 0, suppressed: 0 };
  const byName = new Map<ReturnType<typeof nameOfCode>, number>();
  let codeless = 0;
  for (const [code, members] of counts) {
    const outcomeClass = classOfCode(code);
    if (outcomeClass === undefined) codeless += members;
    else byClass[outcomeClass] += members;
    const name = nameOfCode(code);
    byName.set(name, (byName.get(name) ?? 0) + members);
  }
  const total = OUTCOME_CLASSES.reduce((sum, outcomeClass) => sum + byClass[outcomeClass], 0);
  return {
    audienceMembers,
    byClass,
    byOutcome: OUTCOME_NAMES.flatMap((outcome) => {
      const members = byName.get(outcome) ?? 0;
      return members === 0 ? [] : [{ outcome, outcomeClass: classOfOutcome(outcome), members }];
    }),
    isBalanced: codeless === 0 && total === audienceMembers,
  };
}
