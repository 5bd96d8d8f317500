/**
 * One byte says what happened to a member of a campaign on a channel.
 *
 *   0..63     pending,   ambiguous tries × 16 + definite tries (0..3, 0..15)
 *   64..127   in flight, the same
 *   128..     outcomes, one code each, by the table below
 *   192..207  unknown, + definite tries: sending an unknown member again under the same reference needs the round
 *
 * Codes are stored and public: they are never renumbered and never reused.
 */
export const IN_FLIGHT_BASE = 64;
export const OUTCOME_BASE = 128;
export const MAX_DEFINITE_TRIES = 15;
export const MAX_AMBIGUOUS_TRIES = 3;

export const OUTCOME_CODES = {
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
} as const;
export type OutcomeName = keyof typeof OUTCOME_CODES;
export const OUTCOME_NAMES = Object.keys(OUTCOME_CODES) as readonly OutcomeName[]; // keys of a const object

/** The five figures that must add up to the audience. Cells in flight count as pending. */
export const OUTCOME_CLASSES = ['pending', 'sent', 'failed', 'unknown', 'suppressed'] as const;
export type OutcomeClass = (typeof OUTCOME_CLASSES)[number];

export const PENDING_FRESH = 0;

export const isPending = (code: number): boolean => code < IN_FLIGHT_BASE;
export const isInFlight = (code: number): boolean => code >= IN_FLIGHT_BASE && code < OUTCOME_BASE;
export const isSettled = (code: number): boolean => code >= OUTCOME_BASE;

/** Definite failures so far; also the round in the reference to a vendor. Meaningful before an outcome, and for unknown. */
export const definiteTries = (code: number): number => code & 15;
export const ambiguousTries = (code: number): number => (code >> 4) & 3;

export const pendingCode = (tries: { readonly definite: number; readonly ambiguous: number }): number =>
  (tries.ambiguous << 4) | tries.definite;
export const toInFlight = (pending: number): number => pending | IN_FLIGHT_BASE;
export const toPending = (inFlight: number): number => inFlight & ~IN_FLIGHT_BASE;
/** The unknown outcome of a cell before an outcome; its round stays readable by `definiteTries`. */
export const toUnknown = (code: number): number => OUTCOME_CODES.unknown | definiteTries(code);

/** Name of a code for people and the API; `pending` and `inFlight` for those before an outcome. */
export function nameOfCode(code: number): OutcomeName | 'pending' | 'inFlight' | undefined {
  if (isPending(code)) return 'pending';
  if (isInFlight(code)) return 'inFlight';
  return NAME_BY_CODE[code];
}

/** Class of a code as index into OUTCOME_CLASSES; 255 for a byte that is no code. */
export const CLASS_BY_CODE: Uint8Array = buildClassTable();

export function classOfCode(code: number): OutcomeClass | undefined {
  return OUTCOME_CLASSES[CLASS_BY_CODE[code] ?? 255];
}

const NAME_BY_CODE: readonly (OutcomeName | undefined)[] = buildNameTable();

function buildNameTable(): (OutcomeName | undefined)[] {
  const names: (OutcomeName | undefined)[] = new Array<undefined>(256).fill(undefined);
  for (const name of OUTCOME_NAMES) names[OUTCOME_CODES[name]] = name;
  names.fill('unknown', OUTCOME_CODES.unknown, OUTCOME_CODES.unknown + MAX_DEFINITE_TRIES + 1);
  return names;
}

function buildClassTable(): Uint8Array {
  const classes = new Uint8Array(256).fill(255);
  classes.fill(OUTCOME_CLASSES.indexOf('pending'), 0, OUTCOME_BASE);
  for (const name of OUTCOME_NAMES) classes[OUTCOME_CODES[name]] = OUTCOME_CLASSES.indexOf(classOfOutcome(name));
  const unknown = OUTCOME_CODES.unknown;
  classes.fill(OUTCOME_CLASSES.indexOf('unknown'), unknown, unknown + MAX_DEFINITE_TRIES + 1);
  return classes;
}

export function classOfOutcome(name: OutcomeName): OutcomeClass {
  if (name.startsWith('suppressed')) return 'suppressed';
  if (name.startsWith('failed')) return 'failed';
  return name === 'unknown' ? 'unknown' : 'sent';
}
