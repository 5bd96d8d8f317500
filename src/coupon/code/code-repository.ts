import type { CouponId, Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { Coupon } from '../coupon.js';
import type { GrantKey } from '../grant/grant.js';

export interface NewCode {
  readonly hash: Uint8Array;
  readonly couponId: CouponId;
  readonly madeAt: EpochMs;
}

/** The codes of a coupon that were made at one moment and are there yet. */
export interface CodeMaking {
  readonly madeAt: EpochMs;
  readonly codes: number;
  readonly used: number;
}

/** The grant that a code became. */
export interface CodeUse {
  readonly ordinal: Ordinal;
  readonly n: number;
  readonly usedAt: EpochMs;
}

/** With what decides whether anybody may learn of it, so that one look-up tells. */
export interface FoundCode {
  readonly couponId: CouponId;
  readonly use: CodeUse | undefined;
  readonly coupon: Pick<Coupon, 'storedState' | 'closesAt' | 'recalledAt' | 'byCodeOnly'>;
}

/** Codes, by their hash. Whoever uses one has locked its coupon. */
export interface CodeRepository {
  /** Fails as a whole where one is there already. */
  insert(codes: readonly NewCode[]): Promise<void>;
  find(hash: Uint8Array): Promise<FoundCode | undefined>;
  /** Notes what it became; false where it was used before. */
  use(hash: Uint8Array, use: CodeUse): Promise<boolean>;
  /** What the codes of a coupon became, by member and `n`, behind the one that is named. */
  usedAfter(
    id: CouponId,
    options: { readonly after: Pick<GrantKey, 'ordinal' | 'n'> | undefined; readonly limit: number },
  ): Promise<readonly GrantKey[]>;
  /** Newest first; of one moment alone where that is given. */
  makings(id: CouponId, limit: number, madeAt?: EpochMs): Promise<readonly CodeMaking[]>;
  /** Removes the codes of that moment that were not used; answers how many. */
  removeUnused(id: CouponId, madeAt: EpochMs): Promise<number>;
}
