import { describe, expect, it } from 'vitest';
import {
  CLASS_BY_CODE,
  MAX_AMBIGUOUS_TRIES,
  MAX_DEFINITE_TRIES,
  OUTCOME_CLASSES,
  OUTCOME_CODES,
  OUTCOME_NAMES,
  PENDING_FRESH,
  ambiguousTries,
  classOfCode,
  classOfOutcome,
  definiteTries,
  isInFlight,
  isPending,
  isSettled,
  nameOfCode,
  pendingCode,
  toInFlight,
  toPending,
  toUnknown,
} from './cell-code.js';

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => code);
const ALL_TRIES = Array.from({ length: MAX_DEFINITE_TRIES + 1 }, (_, definite) =>
  Array.from({ length: MAX_AMBIGUOUS_TRIES + 1 }, (_, ambiguous) => ({ definite, ambiguous })),
).flat();

describe('codes before an outcome', () => {
  it('hold their tries, pending and in flight, and lead to each other and back', () => {
    for (const tries of ALL_TRIES) {
      const pending = pendingCode(tries);
      const inFlight = toInFlight(pending);
      expect(isPending(pending) && isInFlight(inFlight)).toBe(true);
      expect(toPending(inFlight)).toBe(pending);
      for (const code of [pending, inFlight]) {
        expect({ definite: definiteTries(code), ambiguous: ambiguousTries(code) }).toEqual(tries);
        expect(classOfCode(code)).toBe('pending');
      }
      expect([nameOfCode(pending), nameOfCode(inFlight)]).toEqual(['pending', 'inFlight']);
    }
  });

  it('fill exactly the lower half of a byte', () => {
    const codes = ALL_TRIES.flatMap((tries) => [pendingCode(tries), toInFlight(pendingCode(tries))]);
    expect([...new Set(codes)].sort((left, right) => left - right)).toEqual(ALL_BYTES.slice(0, 128));
    expect(PENDING_FRESH).toBe(pendingCode({ definite: 0, ambiguous: 0 }));
  });
});

describe('codes of outcomes', () => {
  it('are stored and public: none is ever renumbered', () => {
    expect(OUTCOME_CODES).toMatchObject({
      sent: 128,
      sentPossiblyDoubled: 129,
      delivered: 130,
      bounced: 131,
      failedAddress: 144,
      failedMessage: 145,
      failedExhausted: 146,
      failedPoison: 147,
      suppressedNoConsent: 160,
      suppressedNoContactPoint: 161,
      suppressedByList: 162,
      suppressedErased: 163,
      suppressedCovered: 164,
      suppressedCancelled: 165,
      suppressedExpired: 166,
      suppressedSoldOut: 167,
      suppressedCouponEnded: 168,
      unknown: 192,
    });
  });

  it('have one name and one class each, and are settled', () => {
    expect(new Set(Object.values(OUTCOME_CODES)).size).toBe(OUTCOME_NAMES.length);
    for (const name of OUTCOME_NAMES) {
      const code = OUTCOME_CODES[name];
      expect(isSettled(code)).toBe(true);
      expect(nameOfCode(code)).toBe(name);
      expect(classOfCode(code)).toBe(classOfOutcome(name));
    }
  });

  it('count delivered, bounced and possibly doubled as sent', () => {
    for (const name of ['sent', 'sentPossiblyDoubled', 'delivered', 'bounced'] as const) {
      expect(classOfOutcome(name)).toBe('sent');
    }
  });

  it('keep the round of an unknown member, whatever it was before', () => {
    for (const tries of ALL_TRIES) {
      for (const code of [pendingCode(tries), toInFlight(pendingCode(tries))]) {
        const unknown = toUnknown(code);
        expect(definiteTries(unknown)).toBe(tries.definite);
        expect([nameOfCode(unknown), classOfCode(unknown)]).toEqual(['unknown', 'unknown']);
        expect(isSettled(unknown)).toBe(true);
      }
    }
  });
});

it('gives every byte one of three kinds, and a class exactly where it has a name', () => {
  for (const code of ALL_BYTES) {
    expect([isPending(code), isInFlight(code), isSettled(code)].filter(Boolean)).toHaveLength(1);
    expect(classOfCode(code) === undefined).toBe(nameOfCode(code) === undefined);
    expect(CLASS_BY_CODE[code] === 255).toBe(nameOfCode(code) === undefined);
  }
  expect(new Set(ALL_BYTES.map(classOfCode))).toEqual(new Set([...OUTCOME_CLASSES, undefined]));
});
