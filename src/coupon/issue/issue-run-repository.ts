import type { CouponId, IssueRunId } from '../../core/ids.js';
import type { IssueRun, IssueRunState } from './issue-run.js';

/** Issue runs; whoever locks one has locked its coupon before, or locks nothing else. */
export interface IssueRunRepository {
  insert(run: IssueRun): Promise<void>;
  find(id: IssueRunId): Promise<IssueRun | undefined>;
  /** As `find`; nobody else changes it before this transaction has ended. */
  lock(id: IssueRunId): Promise<IssueRun | undefined>;
  /** Writes state, cursor, counts and end. */
  update(run: IssueRun): Promise<void>;
  /** Newest first, below an id. */
  ofCoupon(
    id: CouponId,
    options: { readonly beforeId: IssueRunId | undefined; readonly limit: number },
  ): Promise<readonly IssueRun[]>;
  /** Those that have not ended and are in this state, of all coupons, ascending by id. */
  inState(state: Extract<IssueRunState, 'running' | 'paused'>): Promise<readonly IssueRun[]>;
}
