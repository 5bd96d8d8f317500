import type { OrderId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { CouponOrder, OrderUse } from './coupon-order.js';

/** Orders as far as coupons know them. Whoever locks orders does so before any coupon. */
export interface CouponOrderRepository {
  /** Each once and in the order asked; a blank one is made of what is not known. Nobody else changes them meanwhile. */
  lock(ids: readonly OrderId[]): Promise<readonly CouponOrder[]>;
  find(id: OrderId): Promise<CouponOrder | undefined>;
  /** Those of these orders that there are, in no order. */
  findAll(ids: readonly OrderId[]): Promise<readonly CouponOrder[]>;
  /** Ids of all that has an order's row or uses one, ascending byte by byte, behind `after`. */
  idsAfter(after: OrderId | undefined, limit: number): Promise<readonly OrderId[]>;
  /** Writes orders that this transaction has locked. */
  update(orders: readonly CouponOrder[]): Promise<void>;
  /** What these orders use, whatever became of their locks since; by order, coupon, member and `n`. */
  usesOf(ids: readonly OrderId[]): Promise<readonly OrderUse[]>;
  /** What they used once and released or replaced, as they last used it; in the same order. */
  releasedUsesOf(ids: readonly OrderId[]): Promise<readonly OrderUse[]>;
  /** Puts these in the place of whatever the order used, which counts as released from here on. */
  replaceUses(id: OrderId, uses: readonly OrderUse[]): Promise<void>;
  /** Orders whose lock has ended, longest ago first. */
  due(now: EpochMs, limit: number): Promise<readonly OrderId[]>;
  /** When the next lock ends. */
  nextDueAt(): Promise<EpochMs | undefined>;
  /** Forgets orders that are told about and never locked anything, once their time has come; answers how many. */
  forget(now: EpochMs, limit: number): Promise<number>;
}
