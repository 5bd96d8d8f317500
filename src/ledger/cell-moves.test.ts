import { describe, expect, it } from 'vitest';
import { ANSWER_KINDS, type AnswerKind } from '../core/ports/provider.js';
import {
  OUTCOME_CODES,
  ambiguousTries,
  classOfCode,
  definiteTries,
  isInFlight,
  isPending,
  isSettled,
  nameOfCode,
  pendingCode,
  toInFlight,
} from './cell-code.js';
import {
  DELIVERY_MODES,
  afterAnswer,
  afterReceipt,
  afterSuppress,
  afterTakeover,
  markInFlight,
  type DeliveryMode,
  type TryRules,
} from './cell-moves.js';

const ALL_CODES = Array.from({ length: 256 }, (_, code) => code).filter((code) => nameOfCode(code) !== undefined);
const IN_FLIGHT = ALL_CODES.filter(isInFlight);
const RULES: readonly TryRules[] = DELIVERY_MODES.flatMap((mode) =>
  [1, 5, 15].flatMap((maxDefiniteTries) =>
    [0, 1, 3].map((maxAmbiguousTries) => ({ mode, maxDefiniteTries, maxAmbiguousTries })),
  ),
);
const EVERY_ANSWER = IN_FLIGHT.flatMap((code) =>
  RULES.flatMap((rules) =>
    ANSWER_KINDS.map((answer) => ({ code, rules, answer, next: afterAnswer(code, answer, rules) })),
  ),
);

const rules = (mode: DeliveryMode): TryRules => ({ mode, maxDefiniteTries: 5, maxAmbiguousTries: 1 });
const inFlight = (definite: number, ambiguous: number): number => toInFlight(pendingCode({ definite, ambiguous }));

/** A code in words: `pending 1/0` (definite/ambiguous), or its name, with the round where it keeps one. */
function say(code: number | undefined): string {
  if (code === undefined) return 'refused';
  if (!isSettled(code)) return `${nameOfCode(code) ?? '?'} ${definiteTries(code)}/${ambiguousTries(code)}`;
  return nameOfCode(code) === 'unknown' ? `unknown ${definiteTries(code)}` : (nameOfCode(code) ?? '?');
}

describe('an answer', () => {
  it('never gives another key to members whose keys a campaign used before without knowing the result', () => {
    const shared: TryRules = { ...rules('keyed'), sharesKeys: true };
    expect(say(afterAnswer(inFlight(2, 0), 'transient', shared))).toBe('pending 2/0');
    expect(say(afterAnswer(inFlight(2, 0), 'addressRefused', shared))).toBe('failedAddress');
  });

  it.each<[DeliveryMode, AnswerKind, from: readonly [number, number], expected: string]>([
    ['keyed', 'accepted', [0, 0], 'sent'],
    ['keyed', 'accepted', [2, 3], 'sent'],
    ['atLeastOnce', 'accepted', [2, 0], 'sent'],
    ['atLeastOnce', 'accepted', [0, 1], 'sentPossiblyDoubled'],
    ['atMostOnce', 'notSent', [1, 0], 'pending 1/0'],
    ['keyed', 'throttled', [1, 2], 'pending 1/2'],
    ['keyed', 'accountRefused', [0, 0], 'pending 0/0'],
    ['keyed', 'transient', [0, 0], 'pending 1/0'],
    ['keyed', 'transient', [4, 0], 'failedExhausted'],
    ['atLeastOnce', 'transient', [4, 1], 'unknown 4'],
    ['keyed', 'addressRefused', [1, 0], 'failedAddress'],
    ['atLeastOnce', 'addressRefused', [1, 1], 'unknown 1'],
    ['keyed', 'addressRefused', [1, 1], 'failedAddress'],
    ['keyed', 'transient', [1, 1], 'pending 1/1'],
    ['keyed', 'transient', [4, 2], 'pending 4/2'],
    ['keyed', 'messageRefused', [0, 0], 'failedMessage'],
    ['keyed', 'ambiguous', [2, 0], 'pending 2/1'],
    ['keyed', 'ambiguous', [2, 3], 'pending 2/3'],
    ['atLeastOnce', 'ambiguous', [0, 0], 'pending 0/1'],
    ['atLeastOnce', 'ambiguous', [0, 1], 'unknown 0'],
    ['atMostOnce', 'ambiguous', [3, 0], 'unknown 3'],
  ])('under %s, %s moves in flight %j to %s', (mode, answer, [definite, ambiguous], expected) => {
    expect(say(afterAnswer(inFlight(definite, ambiguous), answer, rules(mode)))).toBe(expected);
  });

  it('always takes a cell out of flight, to a code of the table', () => {
    for (const { next } of EVERY_ANSWER) {
      expect(next !== undefined && !isInFlight(next) && nameOfCode(next) !== undefined).toBe(true);
    }
  });

  it('never suppresses, and never forgets a try', () => {
    for (const { code, next } of EVERY_ANSWER) {
      expect(classOfCode(next ?? 255)).not.toBe('suppressed');
      if (next === undefined || !isPending(next)) continue;
      expect(definiteTries(next)).toBeGreaterThanOrEqual(definiteTries(code));
      expect(ambiguousTries(next)).toBeGreaterThanOrEqual(ambiguousTries(code));
    }
  });

  it('never says failed of a member whom an earlier try may have reached, unless one key names both tries', () => {
    for (const { rules: tried, code, next } of EVERY_ANSWER) {
      if (ambiguousTries(code) > 0 && tried.mode !== 'keyed') expect(classOfCode(next ?? 255)).not.toBe('failed');
    }
  });

  it('keeps the key of a member whom an earlier try may have reached, whatever the vendor answers', () => {
    for (const { rules: tried, code, next } of EVERY_ANSWER) {
      if (tried.mode !== 'keyed' || ambiguousTries(code) === 0 || next === undefined || !isPending(next)) continue;
      expect(definiteTries(next)).toBe(definiteTries(code));
    }
  });

  it('is never followed by a repeat of an ambiguous try at most once', () => {
    for (const {
      rules: { mode },
      answer,
      next,
    } of EVERY_ANSWER) {
      if (mode === 'atMostOnce' && answer === 'ambiguous') expect(classOfCode(next ?? 255)).toBe('unknown');
    }
  });

  it('keeps the reference of a member through every ambiguous answer', () => {
    for (const { code, answer, next } of EVERY_ANSWER) {
      if (answer === 'ambiguous') expect(definiteTries(next ?? 255)).toBe(definiteTries(code));
    }
  });

  it('is refused by a cell that is not in flight: a receipt or another holder came first', () => {
    for (const code of ALL_CODES.filter((each) => !isInFlight(each))) {
      for (const answer of ANSWER_KINDS) expect(afterAnswer(code, answer, rules('keyed'))).toBeUndefined();
    }
  });

  it('ends every member after a bounded number of definite failures', () => {
    for (const { maxDefiniteTries, ...others } of RULES) {
      let code = markInFlight(pendingCode({ definite: 0, ambiguous: 0 }));
      for (let tries = 1; ; tries++) {
        const next = afterAnswer(code, 'transient', { ...others, maxDefiniteTries });
        expect(next).toBeDefined();
        expect(tries).toBeLessThanOrEqual(maxDefiniteTries);
        if (next === undefined || isSettled(next)) {
          expect([next, tries]).toEqual([OUTCOME_CODES.failedExhausted, maxDefiniteTries]);
          break;
        }
        code = markInFlight(next);
      }
    }
  });
});

describe('a takeover', () => {
  it('sends cells in flight again under the same reference, or makes them unknown at most once', () => {
    for (const code of IN_FLIGHT) {
      for (const mode of DELIVERY_MODES) {
        const next = afterTakeover(code, mode);
        expect(classOfCode(next)).toBe(mode === 'atMostOnce' ? 'unknown' : 'pending');
        expect(isInFlight(next)).toBe(false);
        expect(definiteTries(next)).toBe(definiteTries(code));
        if (mode !== 'atMostOnce') expect(ambiguousTries(next)).toBeGreaterThan(0);
      }
    }
  });

  it('leaves every other cell as it is', () => {
    for (const code of ALL_CODES.filter((each) => !isInFlight(each))) {
      for (const mode of DELIVERY_MODES) expect(afterTakeover(code, mode)).toBe(code);
    }
  });
});

describe('suppressing', () => {
  const reason = OUTCOME_CODES.suppressedCancelled;

  it('is for pending cells only, and says unknown where an ambiguous try was made', () => {
    for (const code of ALL_CODES) {
      const next = afterSuppress(code, reason);
      if (!isPending(code)) expect(next).toBeUndefined();
      else if (ambiguousTries(code) === 0) expect(next).toBe(reason);
      else expect(say(next)).toBe(`unknown ${definiteTries(code)}`);
    }
  });
});

describe('a receipt', () => {
  it('settles what may have been sent, and nothing that was failed or suppressed', () => {
    for (const code of ALL_CODES) {
      const mayHaveArrived = ['pending', 'inFlight', 'sent', 'sentPossiblyDoubled', 'unknown'].includes(
        nameOfCode(code) ?? '',
      );
      const name = nameOfCode(code);
      expect(say(afterReceipt(code, 'delivered'))).toBe(mayHaveArrived ? 'delivered' : 'refused');
      expect(say(afterReceipt(code, 'bounced'))).toBe(mayHaveArrived || name === 'delivered' ? 'bounced' : 'refused');
    }
  });

  it('that comes again changes nothing', () => {
    for (const receipt of ['delivered', 'bounced'] as const) {
      expect(afterReceipt(OUTCOME_CODES[receipt], receipt)).toBeUndefined();
    }
  });
});
