/**
 * A code turned into a grant, once.
 *
 * Whatever a code is refused for that says something of other people or of what is over gets one answer, `notValid`, and
 * costs one look-up: no such code, used by somebody else, its coupon a draft, ended or recalled. Whoever has a good code is
 * told what stands in its way, and the code stays good. The code is used in the transaction of its grant, under the
 * coupon's lock; the member who used it gets that grant again.
 */
import { assert } from '../../core/assert.js';
import type { CouponId, Ordinal } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import type { EpochMs } from '../../core/time.js';
import { TOPICS } from '../../core/topics.js';
import { claimCoupons, type Claimant } from '../claim/claim-coupons.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState, type Coupon } from '../coupon.js';
import type { ClaimOutcome } from '../claim/decide-claim.js';
import { getCoupon, lockCoupon } from '../get-coupon.js';
import type { Grant } from '../grant/grant.js';
import type { CodeUse, FoundCode } from './code-repository.js';

export const CODE_OUTCOMES = [
  'granted',
  'notValid',
  'alreadyGranted',
  'limitReached',
  'tooEarly',
  'paused',
  'soldOut',
  'unknownMember',
] as const;
export type CodeOutcome = (typeof CODE_OUTCOMES)[number];

export type CodeAnswer =
  | { readonly outcome: CodeOutcome; readonly grant: Grant; readonly coupon: Coupon }
  | { readonly outcome: Exclude<CodeOutcome, 'granted'>; readonly grant?: undefined };

const BY_CODE: Claimant = { actor: 'code', topic: TOPICS.couponClaimed, mayGiveAny: true };
const NOT_VALID: CodeAnswer = { outcome: 'notValid' };

/** Of a member, by the hash of what she typed. */
export interface CodeClaim {
  readonly hash: Uint8Array;
  readonly ordinal: Ordinal;
}

/** Answers for each in the order given; of one code, who comes first gets it. Coupons are locked ascending. Safe to repeat. */
export async function claimByCodes(
  tx: CouponTx,
  readNow: ReadNow,
  claims: readonly CodeClaim[],
): Promise<readonly CodeAnswer[]> {
  const answers = claims.map((): CodeAnswer => NOT_VALID);
  const places = new Map<CouponId, number[]>();
  for (const [place, claim] of claims.entries()) {
    const seen = await tx.codes.find(claim.hash);
    if (seen === undefined || isHidden(seen, claim.ordinal, readNow())) continue;
    if (seen.use !== undefined) answers[place] = await givenBefore(tx, seen, seen.use);
    else places.set(seen.couponId, [...(places.get(seen.couponId) ?? []), place]);
  }
  const hopeful = [...places.values()].flat().flatMap((place) => claims[place] ?? []);
  await tx.members.keepExisting([...new Set(hopeful.map(({ ordinal }) => ordinal))]); // members before coupons, as claims do
  for (const [id, waiting] of [...places].sort(([left], [right]) => left - right)) {
    await lockCoupon(tx, id); // from here on nobody else uses its codes, nor moves it
    for (const place of waiting) {
      const claim = claims[place];
      if (claim !== undefined) answers[place] = await claimLocked(tx, readNow, claim);
    }
  }
  return answers;
}

async function claimLocked(tx: CouponTx, readNow: ReadNow, { hash, ordinal }: CodeClaim): Promise<CodeAnswer> {
  const code = await tx.codes.find(hash);
  const now = readNow();
  if (code === undefined || isHidden(code, ordinal, now)) return NOT_VALID;
  return code.use === undefined ? give(tx, now, { code, hash, ordinal }) : givenBefore(tx, code, code.use);
}

/** Whether she may not learn that there is such a code. Her own grant stays hers, whatever has become of the coupon. */
function isHidden({ use, coupon }: FoundCode, ordinal: Ordinal, now: EpochMs): boolean {
  if (use !== undefined) return use.ordinal !== ordinal;
  const state = couponState(coupon, now);
  return !coupon.byCodeOnly || coupon.recalledAt !== undefined || state === 'draft' || state === 'ended';
}

async function givenBefore(
  tx: CouponTx,
  { couponId }: FoundCode,
  { ordinal, n }: Pick<CodeUse, 'ordinal' | 'n'>,
): Promise<CodeAnswer> {
  const grant = await tx.grants.find({ couponId, ordinal, n });
  assert(grant !== undefined, `a used code of coupon ${couponId} became a grant`);
  return { outcome: 'granted', grant, coupon: await getCoupon(tx, couponId) };
}

async function give(
  tx: CouponTx,
  now: EpochMs,
  { code, hash, ordinal }: { readonly code: FoundCode; readonly hash: Uint8Array; readonly ordinal: Ordinal },
): Promise<CodeAnswer> {
  const claim = { couponId: code.couponId, ordinal, request: undefined };
  const [answer] = await claimCoupons(tx, () => now, [claim], BY_CODE);
  assert(answer !== undefined, 'each claim is answered');
  const { outcome, isNew, grant, coupon } = answer;
  if (outcome === 'granted') {
    assert(isNew && grant !== undefined, 'a claim without a request is no repeated one');
    const isUsed = await tx.codes.use(hash, { ordinal, n: grant.n, usedAt: now });
    assert(isUsed, 'a code is used once');
    return { outcome, grant, coupon };
  }
  const shown = codeOutcomeOf(outcome);
  return grant === undefined || shown === 'notValid' ? { outcome: shown } : { outcome: shown, grant, coupon };
}

/** What has nothing to do with codes cannot come. */
const codeOutcomeOf = (outcome: Exclude<ClaimOutcome, 'granted'>): Exclude<CodeOutcome, 'granted'> =>
  outcome === 'tooLate' || outcome === 'notClaimable' || outcome === 'notEligible' ? 'notValid' : outcome;
