import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import type { IdAllocator } from '../core/id-allocator.js';
import type { CouponId } from '../core/ids.js';
import type { OutboxTx } from '../core/ports/outbox.js';
import type { EpochMs } from '../core/time.js';
import type { MemberRepository } from '../membership/member-repository.js';
import type { PromotionRepository } from '../promotion/promotion-repository.js';
import type { Coupon, CouponCounts, CouponIssue, CouponState } from './coupon.js';
import type { GrantRepository } from './grant-repository.js';

/** What coupons need of a transaction. */
export interface CouponTx extends OutboxTx {
  readonly ids: IdAllocator;
  readonly coupons: CouponRepository;
  readonly grants: GrantRepository;
  readonly promotions: Pick<PromotionRepository, 'find'>;
  readonly campaigns: Pick<CampaignRepository, 'find'>;
  readonly audiences: Pick<AudienceRepository, 'find' | 'bucketOf'>;
  readonly members: Pick<MemberRepository, 'findOrdinals' | 'memberIdsOf'>;
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

export type CountChanges = Partial<CouponCounts>;

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
  /** By id, descending. */
  page(query: CouponQuery): Promise<readonly Coupon[]>;
  /** Rises with every insert and update, in their transactions: what was read of all coupons at one version is true at it. */
  setVersion(): Promise<number>;
  /** Ids of all coupons, ascending. */
  allIds(): Promise<readonly CouponId[]>;
  /** Coupons that are no drafts and close after `after`, or whose grants may be valid after it; ascending by id. */
  liveAfter(after: EpochMs): Promise<readonly Coupon[]>;
}
