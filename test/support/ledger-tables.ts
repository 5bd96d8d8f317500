/** The tables of docs/LEDGER.md, made from the code. */
import { ANSWER_KINDS } from '../../src/core/ports/provider.js';
import {
  ambiguousTries,
  classOfCode,
  definiteTries,
  isInFlight,
  isPending,
  nameOfCode,
  OUTCOME_CODES,
  pendingCode,
  toInFlight,
  toUnknown,
} from '../../src/ledger/cell-code.js';
import {
  afterAnswer,
  afterReceipt,
  afterSuppress,
  afterTakeover,
  DELIVERY_MODES,
  type DeliveryMode,
  type TryRules,
} from '../../src/ledger/cell-moves.js';

/** Each byte once: neighbours of one name and class share a line. */
export function codeTable(): string {
  const lines: string[] = [];
  let first = 0;
  for (let code = 1; code <= 256; code++) {
    if (code < 256 && keyOf(code) === keyOf(first)) continue;
    const name = nameOfCode(first);
    const range = first === code - 1 ? `${first}` : `${first} to ${code - 1}`;
    if (name !== undefined) lines.push(`| ${range} | ${name} | ${classOfCode(first) ?? '?'} |`);
    first = code;
  }
  return ['| code | name | counts as |', '|---|---|---|', ...lines].join('\n');
}

const keyOf = (code: number): string => `${nameOfCode(code) ?? '-'}/${classOfCode(code) ?? '-'}`;

/** Limits of the examples: a third definite failure ends the tries, a second ambiguous answer too. */
const RULES: Omit<TryRules, 'mode'> = { maxDefiniteTries: 3, maxAmbiguousTries: 1 };

const CELLS: readonly number[] = [
  pendingCode({ definite: 0, ambiguous: 0 }),
  pendingCode({ definite: 1, ambiguous: 0 }),
  pendingCode({ definite: 2, ambiguous: 0 }),
  pendingCode({ definite: 0, ambiguous: 1 }),
  pendingCode({ definite: 2, ambiguous: 1 }),
];

/** Every answer in every state that makes a difference, by delivery mode. */
export function answerTable(): string {
  const lines = ANSWER_KINDS.flatMap((answer) =>
    CELLS.map((cell) => ({
      from: toInFlight(cell),
      event: answer,
      to: (mode: DeliveryMode) => afterAnswer(toInFlight(cell), answer, { ...RULES, mode }),
    })),
  );
  const takeovers = CELLS.map((cell) => ({
    from: toInFlight(cell),
    event: 'takeover',
    to: (mode: DeliveryMode) => afterTakeover(toInFlight(cell), mode),
  }));
  return [
    `| from | event | ${DELIVERY_MODES.join(' | ')} |`,
    '|---|---|---|---|---|',
    ...[...lines, ...takeovers].map(
      ({ from, event, to }) =>
        `| ${describe(from)} | ${event} | ${DELIVERY_MODES.map((mode) => describe(to(mode))).join(' | ')} |`,
    ),
  ].join('\n');
}

/** The moves that need no lease, over one cell of each kind. */
export function freeMoveTable(): string {
  const cells = [...CELLS.slice(0, 1), CELLS[3] ?? 0, toInFlight(CELLS[0] ?? 0), ...Object.values(OUTCOME_CODES)];
  const lines = cells.map((cell) => {
    const moves = [
      afterReceipt(cell, 'delivered'),
      afterReceipt(cell, 'bounced'),
      afterSuppress(cell, OUTCOME_CODES.suppressedCancelled),
    ];
    return `| ${describe(cell)} | ${moves.map(describe).join(' | ')} |`;
  });
  const round = toUnknown(pendingCode({ definite: 2, ambiguous: 0 }));
  return [
    '| from | receipt: delivered | receipt: bounced | suppressed (cancelled) |',
    '|---|---|---|---|',
    ...lines,
    `| ${describe(round)} | ${describe(afterReceipt(round, 'delivered'))} | ${describe(afterReceipt(round, 'bounced'))} | - |`,
  ].join('\n');
}

function describe(code: number | undefined): string {
  if (code === undefined) return '-';
  const name = nameOfCode(code) ?? 'no code';
  if (isPending(code) || isInFlight(code)) return `${name} (${definiteTries(code)}, ${ambiguousTries(code)})`;
  return name === 'unknown' ? `unknown (${definiteTries(code)})` : name;
}
