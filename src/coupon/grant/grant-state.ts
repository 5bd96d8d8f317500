import { assertNever } from '../../core/assert.js';
import type { GrantState } from '../../core/grant-states.js';
import type { EpochMs } from '../../core/time.js';
import { validityOf, type Coupon } from '../coupon.js';
import { isVoidLock } from './grant-moves.js';
import type { Grant } from './grant.js';

export { GRANT_STATES, type GrantState } from '../../core/grant-states.js';

/**
 * The state as the clock has it: neither the end of validity nor the end of a lock is waited for, and the recall of its
 * coupon is read. Of end and recall, whichever came first has it.
 */
export function grantStateAt(grant: Grant, coupon: Pick<Coupon, 'validity' | 'recalledAt'>, now: EpochMs): GrantState {
  const state = isVoidLock(grant, now) ? 'available' : grant.state;
  switch (state) {
    case 'available': {
      const { validUntil } = validityOf(coupon, grant.grantedAt);
      if (coupon.recalledAt !== undefined && coupon.recalledAt < validUntil) return 'revoked';
      return now >= validUntil ? 'expired' : 'available';
    }
    case 'forfeited':
      return 'expired';
    case 'locked':
    case 'redeemed':
    case 'revoked':
      return state;
    default:
      return assertNever(state);
  }
}
