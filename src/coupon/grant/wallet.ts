import type { Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { Coupon } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';
import { heldInWallet } from './held-grants.js';
import { grantStateAt, type GrantState } from './grant-state.js';
import type { Grant } from './grant.js';

export interface WalletItem {
  readonly grant: Grant;
  readonly coupon: Coupon;
  readonly state: GrantState;
}

export interface WalletQuery {
  readonly ordinal: Ordinal;
  /** Coupons that are shown: those that live, or were valid in the last 90 days. */
  readonly live: readonly Coupon[];
  readonly state: GrantState | undefined;
  /** Newest coupons first; behind the item with this place. */
  readonly after: number | undefined;
  readonly limit: number;
}

/** Grants of one coupon and member are at most 100. */
const PLACES_PER_COUPON = 128;

/** Where an item stands in a wallet, for cursors: it falls from item to item. */
export const walletPlace = ({ couponId, n }: Pick<Grant, 'couponId' | 'n'>): number => couponId * PLACES_PER_COUPON - n;

/** A page of a member's wallet: a look-up per coupon that is shown. */
export async function readWallet(
  tx: Pick<CouponTx, 'grants' | 'grantBits'>,
  now: EpochMs,
  { ordinal, live, state, after, limit }: WalletQuery,
): Promise<readonly WalletItem[]> {
  const coupons = new Map(live.map((coupon) => [coupon.id, coupon]));
  const shown = live.filter(({ id }) => after === undefined || walletPlace({ couponId: id, n: 100 }) < after);
  const grants = await heldInWallet(tx, ordinal, shown);
  return grants
    .flatMap((grant): WalletItem[] => {
      const coupon = coupons.get(grant.couponId);
      return coupon === undefined ? [] : [{ grant, coupon, state: grantStateAt(grant, coupon, now) }];
    })
    .filter((item) => state === undefined || item.state === state)
    .filter(({ grant }) => after === undefined || walletPlace(grant) < after)
    .sort((left, right) => walletPlace(right.grant) - walletPlace(left.grant))
    .slice(0, limit);
}
