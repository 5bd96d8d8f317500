import type { CouponId, Ordinal } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import type { Grant, GrantKey } from './grant.js';

/** One thing that happened to a grant: appended, never changed. */
export interface JournalEntry extends GrantKey {
  readonly move: 'granted';
  readonly at: EpochMs;
  /** Who did it: a key's name, or `login`, `wallet`, `claim`. */
  readonly actor: string;
}

/** Grants, clustered by coupon and member; writers have locked the coupon. */
export interface GrantRepository {
  /** Grants of one coupon held by each of these members, by `n`, in the order asked. */
  ofMembers(id: CouponId, ordinals: readonly Ordinal[]): Promise<readonly (readonly Grant[])[]>;
  find(key: GrantKey): Promise<Grant | undefined>;
  insert(grants: readonly Grant[]): Promise<void>;
  /** Grants of the coupon by member and `n`, behind the one that is named. */
  rowsAfter(
    id: CouponId,
    options: { readonly after: Pick<GrantKey, 'ordinal' | 'n'> | undefined; readonly limit: number },
  ): Promise<readonly Grant[]>;
  /** Ordinals that hold a grant of the coupon, ascending and without repeats, above `after`; at most `limit`. */
  holdersAfter(id: CouponId, options: { readonly after: number; readonly limit: number }): Promise<readonly number[]>;
  /** One member's grants of these coupons, ascending by coupon and `n`. */
  ofWallet(ordinal: Ordinal, ids: readonly CouponId[]): Promise<readonly Grant[]>;

  appendJournal(entries: readonly JournalEntry[]): Promise<void>;
  /** Entries of one coupon in the order they were appended, after a position; with their own positions. */
  journalAfter(
    id: CouponId,
    options: { readonly after: number; readonly limit: number },
  ): Promise<readonly (JournalEntry & { readonly position: number })[]>;
}
