/**
 * The moves of a cell. Whoever holds the bucket's lease makes these:
 *
 *   pending(d,a)  ─mark─────────────► inFlight(d,a)
 *   inFlight(d,a) ─accepted─────────► sent, or sentPossiblyDoubled (a > 0 and the vendor does not know keys)
 *                 ─notSent,
 *                  throttled,
 *                  accountRefused───► pending(d,a)            no try was made that counts
 *                 ─transient────────► pending(d+1,a), or failedExhausted at the limit; keyed with a > 0,
 *                                     or under the keys of another campaign: pending(d,a)
 *                 ─addressRefused───► failedAddress
 *                 ─messageRefused───► failedMessage
 *                 ─ambiguous────────► keyed: pending(d,a+1) under the same reference (a stays at 3)
 *                                     at least once: pending(d,a+1), or unknown(d) past maxAmbiguousTries
 *                                     at most once: unknown(d)
 *                 ─takeover─────────► keyed and at least once: pending(d,a+1); at most once: unknown(d)
 *   pending(d,a)  ─suppress─────────► suppressed by reason; unknown(d) where a > 0 (something may have arrived)
 *   pending(d,0)  ─poison───────────► failedPoison: it stopped every sender before anything was handed over
 *   all others    ─poison───────────► unknown(d): it was handed over, or may have been
 *
 * A definite failure after an ambiguous try (a > 0) says nothing about the earlier one unless the vendor knows keys.
 * Without keys it settles as unknown. With keys a refusal is the truth of both, being asked under one key; but a
 * failure that can be repeated (which may never have reached the vendor) keeps the round: a new key could deliver twice.
 * These need no lease: pending, inFlight, sent, unknown ─receipt─► delivered | bounced, delivered ─► bounced,
 * and unknown ─a person closes it─► failedExhausted or sent. Everything else is refused.
 */
import type { AnswerKind } from '../core/ports/provider.js';
import { assertNever } from '../core/assert.js';
import {
  ambiguousTries,
  definiteTries,
  isInFlight,
  isPending,
  isSettled,
  MAX_AMBIGUOUS_TRIES,
  OUTCOME_CODES,
  pendingCode,
  toInFlight,
  toPending,
  toUnknown,
} from './cell-code.js';

/** How a channel may repeat: what is promised when nobody can know whether a send arrived. */
export const DELIVERY_MODES = ['keyed', 'atLeastOnce', 'atMostOnce'] as const;
export type DeliveryMode = (typeof DELIVERY_MODES)[number];

export interface TryRules {
  readonly mode: DeliveryMode;
  /** Tries with a definite failure after which a member is failed (exhausted): 1 to 15. */
  readonly maxDefiniteTries: number;
  /**
   * True where the members' keys were used before by a campaign that does not know with what result: as after an
   * ambiguous try of their own, they never get another key.
   */
  readonly sharesKeys?: boolean;
  /** Repeats after an ambiguous answer, where the mode is at least once: 0 to 3. */
  readonly maxAmbiguousTries: number;
}

export type SuppressedCode =
  | typeof OUTCOME_CODES.suppressedNoConsent
  | typeof OUTCOME_CODES.suppressedNoContactPoint
  | typeof OUTCOME_CODES.suppressedByList
  | typeof OUTCOME_CODES.suppressedErased
  | typeof OUTCOME_CODES.suppressedCovered
  | typeof OUTCOME_CODES.suppressedCancelled
  | typeof OUTCOME_CODES.suppressedExpired
  | typeof OUTCOME_CODES.suppressedSoldOut
  | typeof OUTCOME_CODES.suppressedCouponEnded;

/** The code of a pending cell once it is about to be sent. */
export const markInFlight = (code: number): number => toInFlight(code);

/** The code after the vendor's answer; undefined when the cell is not in flight any more (a receipt came first). */
export function afterAnswer(code: number, answer: AnswerKind, rules: TryRules): number | undefined {
  if (!isInFlight(code)) return undefined;
  const definite = definiteTries(code);
  const ambiguous = ambiguousTries(code);
  switch (answer) {
    case 'accepted':
      return ambiguous > 0 && rules.mode !== 'keyed' ? OUTCOME_CODES.sentPossiblyDoubled : OUTCOME_CODES.sent;
    case 'notSent':
    case 'throttled':
    case 'accountRefused':
      return toPending(code);
    case 'transient':
      if (rules.mode === 'keyed' && (ambiguous > 0 || rules.sharesKeys === true)) return toPending(code);
      if (definite + 1 < rules.maxDefiniteTries) return pendingCode({ definite: definite + 1, ambiguous });
      return settleRefused(code, OUTCOME_CODES.failedExhausted, rules);
    case 'addressRefused':
      return settleRefused(code, OUTCOME_CODES.failedAddress, rules);
    case 'messageRefused':
      return settleRefused(code, OUTCOME_CODES.failedMessage, rules);
    case 'ambiguous':
      return afterAmbiguous(code, rules);
    default:
      return assertNever(answer);
  }
}

function settleRefused(code: number, outcome: number, { mode }: TryRules): number {
  return ambiguousTries(code) > 0 && mode !== 'keyed' ? toUnknown(code) : outcome;
}

function afterAmbiguous(code: number, rules: TryRules): number {
  const ambiguous = ambiguousTries(code);
  const mayRepeat = rules.mode === 'keyed' || (rules.mode === 'atLeastOnce' && ambiguous < rules.maxAmbiguousTries);
  return mayRepeat ? repeatCode(code) : toUnknown(code);
}

const repeatCode = (code: number): number =>
  pendingCode({ definite: definiteTries(code), ambiguous: Math.min(MAX_AMBIGUOUS_TRIES, ambiguousTries(code) + 1) });

/** The code of an in-flight cell whose holder died: whether it was sent is not known. */
export function afterTakeover(code: number, mode: DeliveryMode): number {
  if (!isInFlight(code)) return code;
  return mode === 'atMostOnce' ? toUnknown(code) : repeatCode(code);
}

/** The code of a cell that is given up because it stops whoever sends it: failed where it provably never left. */
export function afterPoison(code: number): number | undefined {
  if (isSettled(code)) return undefined;
  return isPending(code) && ambiguousTries(code) === 0 ? OUTCOME_CODES.failedPoison : toUnknown(code);
}

/** The code of a pending cell that will not be sent, or unknown where an earlier try may have arrived. */
export function afterSuppress(code: number, reason: SuppressedCode): number | undefined {
  if (!isPending(code)) return undefined;
  return ambiguousTries(code) > 0 ? toUnknown(code) : reason;
}

/** The code after a vendor's receipt; undefined when the table has no such move. */
export function afterReceipt(code: number, receipt: 'delivered' | 'bounced'): number | undefined {
  const isOpen = isPending(code) || isInFlight(code);
  const isUnknown = (code & ~15) === OUTCOME_CODES.unknown;
  const isSent = code === OUTCOME_CODES.sent || code === OUTCOME_CODES.sentPossiblyDoubled;
  const mayBounce = code === OUTCOME_CODES.delivered && receipt === 'bounced';
  return isOpen || isUnknown || isSent || mayBounce ? OUTCOME_CODES[receipt] : undefined;
}
