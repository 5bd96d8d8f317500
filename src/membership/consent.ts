import { addMs, DAY_MS, type EpochMs } from '../core/time.js';

/**
 * Consent of a member on a channel, and how two statements about it merge.
 *
 *   both timed                 the later one stands; at the same time: denied, then unset, then granted
 *   new timed, old untimed     the new one stands
 *   new untimed, old denied    the denial stands: a row without a time never lifts an explicit opt-out
 *   new untimed, else          the new state stands; the same state again keeps what was known
 *
 * A denial without a time gets the time it reached us, so that an older dated grant cannot lift it later.
 */
export const CONSENT_STATES = ['granted', 'denied', 'unset'] as const;
export type ConsentState = (typeof CONSENT_STATES)[number];

export interface ConsentRecord {
  readonly state: ConsentState;
  /** When the member said so; null where nobody knows. Never null for `denied`. */
  readonly at: EpochMs | null;
  /** Where the member said so, in the shop's words. */
  readonly source: string | null;
}

/** Latest time a statement may carry: clocks differ, but a consent of next week would block all later ones. */
export const latestConsentAt = (receivedAt: EpochMs): EpochMs => addMs(receivedAt, DAY_MS);

/** Merges a statement into what is known. Merging the same statement twice changes nothing more. */
export function mergeConsent(
  known: ConsentRecord | undefined,
  stated: ConsentRecord,
  receivedAt: EpochMs,
): ConsentRecord {
  if (known === undefined) return dated(stated, receivedAt);
  if (stated.at === null) {
    if (known.state === 'denied' || known.state === stated.state) return known;
    return dated(stated, receivedAt);
  }
  if (known.at === null || stated.at > known.at) return stated;
  if (stated.at < known.at) return known;
  return CAUTION[stated.state] > CAUTION[known.state] ? stated : known;
}

const CAUTION: Readonly<Record<ConsentState, number>> = { granted: 0, unset: 1, denied: 2 };

function dated(stated: ConsentRecord, receivedAt: EpochMs): ConsentRecord {
  return stated.state === 'denied' && stated.at === null ? { ...stated, at: receivedAt } : stated;
}
