import type { ApiKeyRepository } from '../access/api-key-repository.js';
import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import type { InboxRepository } from '../campaign/inbox-repository.js';
import type { CodeRepository } from '../coupon/code/code-repository.js';
import type { CouponRepository } from '../coupon/coupon-repository.js';
import type { CouponOrderRepository } from '../coupon/order/coupon-order-repository.js';
import type { GrantBitsRepository } from '../coupon/grant/grant-bits-repository.js';
import type { GrantRepository } from '../coupon/grant/grant-repository.js';
import type { IssueRunRepository } from '../coupon/issue/issue-run-repository.js';
import type { FolderFacts } from '../core/folder-facts.js';
import type { IdAllocator } from '../core/id-allocator.js';
import type { Outbox } from '../core/ports/outbox.js';
import type { TaskOutbox } from '../core/ports/task-outbox.js';
import type { Store } from '../core/ports/store.js';
import type { EventRepository } from '../events/event-repository.js';
import type { IdempotencyRepository } from '../idempotency/idempotency-repository.js';
import type { AuditRepository } from '../ledger/audit/audit-repository.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import type { MemberRepository } from '../membership/member-repository.js';
import type { PromotionRepository } from '../promotion/promotion-repository.js';

/** What a transaction of any store offers an engine; use cases see the part they declare. */
export interface EngineTx {
  readonly ids: IdAllocator;
  readonly facts: FolderFacts;
  readonly audiences: AudienceRepository;
  readonly campaigns: CampaignRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly idempotency: IdempotencyRepository;
  readonly outbox: Outbox;
  readonly tasks: TaskOutbox;
  readonly events: EventRepository;
  readonly promotions: PromotionRepository;
  readonly coupons: CouponRepository;
  readonly grants: GrantRepository;
  readonly codes: CodeRepository;
  readonly couponOrders: CouponOrderRepository;
  readonly grantBits: GrantBitsRepository;
  readonly issueRuns: IssueRunRepository;
  readonly ledger: LedgerRepository;
  readonly inbox: InboxRepository;
  readonly audit: AuditRepository;
  readonly members: MemberRepository;
}

/** What an engine needs of the store it runs over. */
export interface EngineStore extends Store<EngineTx> {
  /** False while the store cannot be written, or not be reached. */
  readonly isAvailable: boolean;
  stats(): StoreStats;
  /** Makes nothing deleted stay behind, as far as that is the store's to do. */
  truncate(): Promise<void>;
  /** Finishes what was asked for. Safe to call twice. */
  close(): Promise<void>;
}

export interface StoreStats {
  /** Since the start, as the next. */
  readonly commits: number;
  readonly transactions: number;
  readonly lastCommitMs: number;
  /** Size of the write-ahead log; 0 where it is not ours. */
  readonly walBytes: number;
}
