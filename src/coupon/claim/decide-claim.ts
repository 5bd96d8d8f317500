/** What becomes of a claim: a table read from above, the first row that fits. Pure. */
import { equalBytes } from '../../core/structured-hash.js';
import type { EpochMs } from '../../core/time.js';
import { couponState, validityOf, type Coupon } from '../coupon.js';
import type { Grant } from '../grant/grant.js';

export const CLAIM_OUTCOMES = [
  'granted',
  'alreadyGranted',
  'limitReached',
  'notClaimable',
  'tooEarly',
  'paused',
  'tooLate',
  'soldOut',
  'notEligible',
  'unknownMember',
] as const;
export type ClaimOutcome = (typeof CLAIM_OUTCOMES)[number];

export type ClaimDecision =
  /** A new grant is to be made. */
  | { readonly kind: 'grant'; readonly n: number }
  /** This very claim was answered before. */
  | { readonly kind: 'repeated'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly outcome: ClaimOutcome; readonly grant: Grant | undefined };

export interface ClaimFacts {
  readonly coupon: Coupon;
  /** Grants of the coupon that the member has, by `n`. */
  readonly held: readonly Grant[];
  /** What this claim would be recognised by. */
  readonly request: Uint8Array | undefined;
  /** From when on the grant would be counted: now, or when another system gave it. */
  readonly givenAt: EpochMs;
  /** False for one who was erased since she asked. */
  readonly isMember: boolean;
  /** Undefined = without limit. */
  readonly stockLeft: number | undefined;
  /** Undefined while the audience is not fixed yet. */
  readonly isEligible: boolean | undefined;
}

/** Whoever has it is told so first: by then nothing else matters to her. */
export function decideClaim(
  { coupon, held, request, givenAt, isMember, stockLeft, isEligible }: ClaimFacts,
  now: EpochMs,
): ClaimDecision {
  const repeated = request && held.find((grant) => grant.request !== undefined && equalBytes(grant.request, request));
  if (repeated !== undefined) return { kind: 'repeated', grant: repeated };
  const refused = (outcome: ClaimOutcome): ClaimDecision => ({ kind: 'refused', outcome, grant: held.at(-1) });

  if (!isMember) return refused('unknownMember');
  if (coupon.recalledAt !== undefined) return refused('tooLate');
  if (held.length >= coupon.limitPerMember) return refused(held.length > 1 ? 'limitReached' : 'alreadyGranted');
  if (coupon.issue === 'platform' || coupon.byCodeOnly) return refused('notClaimable');
  const state = couponState(coupon, now);
  if (state === 'ended' || validityOf(coupon, givenAt).validUntil <= now) return refused('tooLate'); // nobody could use it
  if (state === 'draft' || now < coupon.opensAt) return refused('tooEarly');
  if (state === 'paused') return refused('paused');
  if (stockLeft === 0) return refused('soldOut');
  if (isEligible === undefined) return refused('tooEarly');
  return isEligible ? { kind: 'grant', n: held.length + 1 } : refused('notEligible');
}
