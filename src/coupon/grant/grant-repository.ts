import type { CouponId, OrderId, Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { GrantMove, MoveCause } from './grant-moves.js';
import type { Grant, GrantKey } from './grant.js';

/** One thing that happened to a grant: appended, never changed. */
export interface JournalEntry extends GrantKey {
  /** `conflict` is no move: an order was paid for with a grant that it could not have. */
  readonly move: GrantMove | 'conflict';
  readonly at: EpochMs;
  /** Who did it: a key's name, `login`, `wallet`, `claim`, `timer`, or what told of an order. */
  readonly actor: string;
  readonly why?: MoveCause | undefined;
  /** The order that the move is about, with its discount and the end of its lock. */
  readonly orderId?: OrderId | undefined;
  readonly amountMinor?: bigint | undefined;
  readonly lockEndsAt?: EpochMs | undefined;
}

/** Grants, clustered by coupon and member; writers have locked the coupon. */
export interface GrantRepository {
  /** Grants of one coupon held by each of these members, by `n`, in the order asked. */
  ofMembers(id: CouponId, ordinals: readonly Ordinal[]): Promise<readonly (readonly Grant[])[]>;
  /** For each of these coupons the members who hold none of it, in the order given. */
  nonHolders(ids: readonly CouponId[], ordinals: readonly Ordinal[]): Promise<readonly (readonly Ordinal[])[]>;
  find(key: GrantKey): Promise<Grant | undefined>;
  insert(grants: readonly Grant[]): Promise<void>;
  /** Writes state and use of grants that are there. */
  update(grants: readonly Grant[]): Promise<void>;
  /** Grants of the coupon by member and `n`, behind the one that is named. */
  rowsAfter(
    id: CouponId,
    options: { readonly after: Pick<GrantKey, 'ordinal' | 'n'> | undefined; readonly limit: number },
  ): Promise<readonly Grant[]>;
  /** Grants of the coupon whose lock has ended and was not released, longest ago first, behind the one that is named. */
  voidLocks(
    id: CouponId,
    options: { readonly now: EpochMs; readonly after: Grant | undefined; readonly limit: number },
  ): Promise<readonly Grant[]>;
  /** Ordinals that hold a grant of the coupon, ascending and without repeats, above `after`; at most `limit`. */
  holdersAfter(
    id: CouponId,
    options: { readonly after: number; readonly until?: number; readonly limit: number },
  ): Promise<readonly number[]>;
  /** One member's grants of these coupons, ascending by coupon and `n`. */
  ofWallet(ordinal: Ordinal, ids: readonly CouponId[]): Promise<readonly Grant[]>;

  appendJournal(entries: readonly JournalEntry[]): Promise<void>;
  /** Entries of one coupon in the order they were appended, after a position; with their own positions. */
  journalAfter(
    id: CouponId,
    options: { readonly after: number; readonly limit: number },
  ): Promise<readonly (JournalEntry & { readonly position: number })[]>;
}
