import { DomainError } from '../core/errors.js';
import { nearestWord } from '../core/nearest.js';
import { classOfCode, nameOfCode, OUTCOME_CLASSES, OUTCOME_NAMES, type OutcomeClass } from './cell-code.js';

/**
 * What a list of members can be asked for: classes (`failed`) and single outcomes (`failedAddress`), in any mixture.
 * *Dead letters*, those at whom the system gave up, are `failedExhausted` and `failedPoison`.
 */
export const OUTCOME_FILTERS: readonly string[] = [
  ...new Set<string>([...OUTCOME_CLASSES, 'inFlight', ...OUTCOME_NAMES]),
];

export interface OutcomeFilter {
  /** 1 for each code that is wanted. */
  readonly isWanted: Uint8Array;
  /** Classes of the codes wanted; rows without any of them need not be looked at. */
  readonly classes: readonly OutcomeClass[];
}

/**
 * The filter of some names; none at all stands for everybody.
 * @throws DomainError `INVALID_INPUT` naming the nearest known word.
 */
export function parseOutcomeFilter(names: readonly string[]): OutcomeFilter {
  for (const name of names) if (!OUTCOME_FILTERS.includes(name)) throw unknownOutcome(name);
  const isWanted = new Uint8Array(256);
  const classes = new Set<OutcomeClass>();
  for (let code = 0; code < isWanted.length; code++) {
    const outcomeClass = classOfCode(code);
    const name = nameOfCode(code);
    if (outcomeClass === undefined || name === undefined) continue;
    if (names.length > 0 && !names.includes(name) && !names.includes(outcomeClass)) continue;
    isWanted[code] = 1;
    classes.add(outcomeClass);
  }
  return { isWanted, classes: [...classes] };
}

function unknownOutcome(name: string): DomainError {
  const nearest = nearestWord(name, OUTCOME_FILTERS);
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return new DomainError(
    'INVALID_INPUT',
    `There is no outcome "${name}".${hint} Known: ${OUTCOME_FILTERS.join(', ')}.`,
    {
      outcome: name,
      nearest: nearest ?? null,
    },
  );
}
