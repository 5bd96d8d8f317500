import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import type { IdAllocator } from '../core/id-allocator.js';
import type { CouponId } from '../core/ids.js';
import type { OutboxTx } from '../core/ports/outbox.js';
import type { TaskTx } from '../core/ports/task-outbox.js';
import type { EpochMs } from '../core/time.js';
import type { MemberRepository } from '../membership/member-repository.js';
import type { PromotionRepository } from '../promotion/promotion-repository.js';
import type { CodeRepository } from './code/code-repository.js';
import type { CountChanges, Coupon, CouponIssue, CouponState } from './coupon.js';
import type { CouponOrderRepository } from './order/coupon-order-repository.js';
import type { GrantBitsRepository } from './grant/grant-bits-repository.js';
import type { GrantRepository } from './grant/grant-repository.js';
import type { IssueRunRepository } from './issue/issue-run-repository.js';

/** What coupons need of a transaction. */
export interface CouponTx extends OutboxTx, TaskTx {
  readonly ids: IdAllocator;
  readonly coupons: CouponRepository;
  readonly grants: GrantRepository;
  readonly codes: CodeRepository;
  readonly couponOrders: CouponOrderRepository;
  readonly grantBits: GrantBitsRepository;
  readonly issueRuns: IssueRunRepository;
  readonly promotions: Pick<PromotionRepository, 'find' | 'setVersion' | 'notOverAt'>;
  readonly campaigns: CampaignRepository;
  readonly audiences: Pick<AudienceRepository, 'find' | 'bucketsOf' | 'buckets' | 'bucketsTouching'>;
  readonly members: Pick<
    MemberRepository,
    'findOrdinals' | 'memberIdsOf' | 'keepExisting' | 'populationBlocks' | 'populationOf'
  >;
}

export interface CouponQuery {
  readonly state: CouponState | undefined;
  readonly issue: CouponIssue | undefined;
  /** Decides the state of each. */
  readonly now: EpochMs;
  /** Newest first, below this id. */
  readonly beforeId: CouponId | undefined;
  readonly limit: number;
}

export interface CouponRepository {
  /** With no counts. */
  insert(coupon: Coupon): Promise<void>;
  find(id: CouponId): Promise<Coupon | undefined>;
  /** As `find`; nobody else grants, moves or edits it before this transaction has ended. */
  lock(id: CouponId): Promise<Coupon | undefined>;
  /** Writes terms, stock, state and version of a coupon whose stored version is still `expectedVersion`; never counts. */
  update(coupon: Coupon, expectedVersion: number): Promise<boolean>;
  /** Adds to the counts of a coupon that this transaction has locked. */
  addCounts(id: CouponId, changes: CountChanges): Promise<void>;
  /** From here on bits of it may exist, and whoever asks what is held looks there too. */
  markGivenEagerly(id: CouponId): Promise<void>;
  /** By id, descending. */
  page(query: CouponQuery): Promise<readonly Coupon[]>;
  /**
   * Rises with every insert, update and mark of a coupon and every change of a promotion, in their transactions: what was
   * read of all coupons at one version is true at it.
   */
  setVersion(): Promise<number>;
  /**
   * Coupons that are no drafts, of which no grant can expire any more (`nothingExpiresFrom`) and none is locked, and of
   * which that was not told yet; ascending by id.
   */
  expiredUntold(now: EpochMs, limit: number): Promise<readonly CouponId[]>;
  /** Notes that it was told, for a coupon that this transaction has locked; false when it was noted before. */
  noteExpired(id: CouponId, at: EpochMs): Promise<boolean>;
  /** Ids of all coupons, ascending. */
  allIds(): Promise<readonly CouponId[]>;
  /** Coupons that are no drafts and of which grants may be valid after `after`; ascending by id. */
  liveAfter(after: EpochMs): Promise<readonly Coupon[]>;
}
