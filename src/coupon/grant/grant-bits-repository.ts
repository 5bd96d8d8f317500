import type { CouponId, IssueRunId, Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';

/** Grants given to many at once: one bit each, in a bitmap of a block of 1,000 ordinals. Each is its member's first. */
export interface GrantBits {
  readonly couponId: CouponId;
  readonly block: number;
  /** The run that gave them. */
  readonly runId: IssueRunId;
  readonly grantedAt: EpochMs;
  /** 125 bytes, not to be changed; bit i is ordinal block × 1,000 + i. */
  readonly bits: Uint8Array;
}

/** Where a bitmap stands among those of its coupon. */
export type BitsPlace = Pick<GrantBits, 'block' | 'runId'>;

/** Grants that are bits; writers have locked the coupon. A grant is a bit or a row, never both. */
export interface GrantBitsRepository {
  /** New bitmaps; the same into the journal, where they stay as they are. */
  insert(rows: readonly GrantBits[]): Promise<void>;
  /** When each of these members was given one by a bit, in the order asked; undefined where no bit is set. */
  ofMembers(id: CouponId, ordinals: readonly Ordinal[]): Promise<readonly (EpochMs | undefined)[]>;
  /** The same of one member, for each of these coupons. */
  ofWallet(ordinal: Ordinal, ids: readonly CouponId[]): Promise<readonly (EpochMs | undefined)[]>;
  /** Bitmaps of the coupon in these blocks, ascending by block and run. */
  inBlocks(
    id: CouponId,
    blocks: { readonly fromBlock: number; readonly untilBlock: number },
  ): Promise<readonly GrantBits[]>;
  /** Bitmaps of the coupon by block and run, behind the one that is named. */
  rowsAfter(
    id: CouponId,
    options: { readonly after: BitsPlace | undefined; readonly limit: number },
  ): Promise<readonly GrantBits[]>;
  /** Takes a member's bit away and answers when it was given; undefined where none is set. */
  clear(id: CouponId, ordinal: Ordinal): Promise<EpochMs | undefined>;
  /** What bitmaps were when they were given, by block and run, behind the one that is named. */
  journalAfter(
    id: CouponId,
    options: { readonly after: BitsPlace | undefined; readonly limit: number },
  ): Promise<readonly GrantBits[]>;
}
