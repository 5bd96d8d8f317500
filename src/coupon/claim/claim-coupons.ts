/**
 * Claims, many in one transaction. The grant's own row is the record of its claim: whoever claims again under the same
 * key finds it there, and gets the same answer.
 */
import { assert } from '../../core/assert.js';
import type { CouponId, Ordinal } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import type { EpochMs } from '../../core/time.js';
import { TOPICS } from '../../core/topics.js';
import type { CouponTx } from '../coupon-repository.js';
import { stockLeft, type Coupon } from '../coupon.js';
import { decideClaim, type ClaimOutcome } from './decide-claim.js';
import { eligibilityOf } from './eligibility.js';
import { lockCoupon } from '../get-coupon.js';
import { giveGrants, type Giver } from '../grant/give-grants.js';
import { heldGrants } from '../grant/held-grants.js';
import { newGrant, type Grant } from '../grant/grant.js';

export interface Claim {
  readonly couponId: CouponId;
  readonly ordinal: Ordinal;
  /** What the claim is recognised by when it comes again, 8 bytes; undefined = not at all. */
  readonly request: Uint8Array | undefined;
  /** When it was given, where that is known from elsewhere; undefined = now. */
  readonly grantedAt?: EpochMs | undefined;
}

export interface ClaimAnswer {
  readonly outcome: ClaimOutcome;
  /** True where it made the grant, false where the grant was there or there is none. */
  readonly isNew: boolean;
  /** The grant that the claim made, or that stands in its way. */
  readonly grant: Grant | undefined;
  /** As the answer found it. */
  readonly coupon: Coupon;
}

/** In whose name it is given. */
export interface Claimant extends Giver {
  /** Whether also what nobody may simply claim can be had: by a shop that says who shall have it, or by a code. */
  readonly mayGiveAny: boolean;
}

const MEMBERS: Claimant = { actor: 'claim', topic: TOPICS.couponClaimed, mayGiveAny: false };

/**
 * Answers for each claim in the order given; of one coupon, who comes first gets it. Members are kept first, then coupons
 * locked in ascending order, and the clock is read once each is: who waited over its close comes too late. Safe to repeat
 * under the same `request`.
 * @throws DomainError `NOT_FOUND` for a coupon that does not exist.
 */
export async function claimCoupons(
  tx: CouponTx,
  readNow: ReadNow,
  claims: readonly Claim[],
  claimant = MEMBERS,
): Promise<readonly ClaimAnswer[]> {
  const answers = new Array<ClaimAnswer | undefined>(claims.length);
  const members = await tx.members.keepExisting([...new Set(claims.map(({ ordinal }) => ordinal))]);
  for (const [id, places] of placesByCoupon(claims)) {
    const coupon = await lockCoupon(tx, id);
    const mine = places.flatMap((place) => claims[place] ?? []);
    const found = await claimOne(tx, { coupon, claims: mine, members, claimant, now: readNow() });
    places.forEach((place, index) => (answers[place] = found[index]));
  }
  return answers.map((answer) => {
    assert(answer !== undefined, 'every claim is decided');
    return answer;
  });
}

/** Where the claims of each coupon stand, coupons ascending. */
function placesByCoupon(claims: readonly Claim[]): readonly (readonly [CouponId, readonly number[]])[] {
  const places = new Map<CouponId, number[]>();
  claims.forEach(({ couponId }, place) => {
    const known = places.get(couponId);
    if (known === undefined) places.set(couponId, [place]);
    else known.push(place);
  });
  return [...places].sort(([left], [right]) => left - right);
}

async function claimOne(
  tx: CouponTx,
  {
    coupon,
    claims,
    members,
    claimant,
    now,
  }: {
    readonly coupon: Coupon;
    readonly claims: readonly Claim[];
    readonly members: ReadonlySet<number>;
    readonly claimant: Claimant;
    readonly now: EpochMs;
  },
): Promise<readonly ClaimAnswer[]> {
  const ordinals = [...new Set(claims.map(({ ordinal }) => ordinal))];
  const found = await heldGrants(tx, coupon, ordinals);
  const held = new Map(ordinals.map((ordinal, index) => [ordinal, found[index] ?? []]));
  const isEligible = await eligibilityOf(tx, coupon, ordinals);
  const left = stockLeft(coupon);
  const made: Grant[] = [];
  const answers: ClaimAnswer[] = [];
  const claimed: Coupon = claimant.mayGiveAny ? { ...coupon, issue: 'selfClaim', byCodeOnly: false } : coupon;
  for (const { ordinal, request, grantedAt } of claims) {
    const mine = held.get(ordinal) ?? [];
    const facts = {
      coupon: claimed,
      held: mine,
      request,
      givenAt: grantedAt ?? now,
      isMember: members.has(ordinal),
      stockLeft: left === undefined ? undefined : left - made.length,
      isEligible: isEligible(ordinal),
    };
    const decision = decideClaim(facts, now);
    if (decision.kind === 'grant') {
      const grant = newGrant({ couponId: coupon.id, ordinal, n: decision.n }, grantedAt ?? now, request);
      made.push(grant);
      held.set(ordinal, [...mine, grant]);
      answers.push({ coupon, outcome: 'granted', isNew: true, grant });
    } else {
      const outcome = decision.kind === 'repeated' ? 'granted' : decision.outcome;
      answers.push({ coupon, outcome, isNew: false, grant: decision.grant });
    }
  }
  await giveGrants(tx, coupon, { grants: made, giver: claimant, now });
  return answers;
}
