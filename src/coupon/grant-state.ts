import { assertNever } from '../core/assert.js';
import type { EpochMs } from '../core/time.js';
import { validityOf, type Coupon } from './coupon.js';
import type { Grant } from './grant.js';

export const GRANT_STATES = ['available', 'locked', 'redeemed', 'expired', 'revoked'] as const;
export type GrantState = (typeof GRANT_STATES)[number];

/** The state as the clock has it: the end of validity is not written, it is read. */
export function grantStateAt(grant: Grant, coupon: Pick<Coupon, 'validity'>, now: EpochMs): GrantState {
  switch (grant.state) {
    case 'available':
      return now >= validityOf(coupon, grant.grantedAt).validUntil ? 'expired' : 'available';
    case 'forfeited':
      return 'expired';
    case 'locked':
    case 'redeemed':
    case 'revoked':
      return grant.state;
    default:
      return assertNever(grant.state);
  }
}
