import type { ApiKeyRepository } from '../../access/api-key-repository.js';
import type { AudienceRepository } from '../../campaign/audience-repository.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import type { InboxRepository } from '../../campaign/inbox-repository.js';
import type { FolderFacts } from '../../core/folder-facts.js';
import type { IdAllocator } from '../../core/id-allocator.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Outbox } from '../../core/ports/outbox.js';
import type { TaskOutbox } from '../../core/ports/task-outbox.js';
import type { EventRepository } from '../../events/event-repository.js';
import type { IdempotencyRepository } from '../../idempotency/idempotency-repository.js';
import type { AuditRepository } from '../../ledger/audit/audit-repository.js';
import type { LedgerRepository } from '../../ledger/ledger-repository.js';
import type { MemberRepository } from '../../membership/member-repository.js';
import type { MoveInRepository } from '../../move/move-ports.js';
import type { NodeRepository } from '../../nodes/node-repository.js';
import { couponMask, type CouponMaskTx } from '../../coupon/audience/coupon-masks.js';
import type { CodeRepository } from '../../coupon/code/code-repository.js';
import type { CouponRepository } from '../../coupon/coupon-repository.js';
import type { CouponOrderRepository } from '../../coupon/order/coupon-order-repository.js';
import type { GrantBitsRepository } from '../../coupon/grant/grant-bits-repository.js';
import type { GrantRepository } from '../../coupon/grant/grant-repository.js';
import type { IssueRunRepository } from '../../coupon/issue/issue-run-repository.js';
import type { PromotionRepository } from '../../promotion/promotion-repository.js';
import { createApiKeyRepository } from './api-key-repository.js';
import { createAudienceRepository } from './audience-repository.js';
import { createAuditRepository } from './audit-repository.js';
import { createCampaignRepository } from './campaign-repository.js';
import { createCodeRepository } from './code-repository.js';
import { createCouponRepository } from './coupon-repository.js';
import { createCouponOrderRepository } from './coupon-order-repository.js';
import { createGrantBitsRepository } from './grant-bits-repository.js';
import { createGrantRepository } from './grant-repository.js';
import { createIssueRunRepository } from './issue-run-repository.js';
import { createEventRepository } from './event-repository.js';
import { createFolderFacts } from './folder-facts.js';
import { createIdempotencyRepository } from './idempotency-repository.js';
import { createInboxRepository } from './inbox-repository.js';
import { createLedgerRepository } from './ledger-repository.js';
import { createMysqlMemberRepository } from './member-repository.js';
import { createMoveInRepository } from './move-in-repository.js';
import { createNodeRepository } from './node-repository.js';
import { NO_TASKS } from '../stored/no-tasks.js';
import { createOutbox } from './outbox.js';
import { createPromotionRepository } from './promotion-repository.js';
import type { MysqlSession } from './session.js';
import { createTaskOutbox } from './task-outbox.js';

/** Everything a transaction over MySQL offers; use cases see the part they declare. */
export interface MysqlTx {
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
  readonly nodes: NodeRepository;
  readonly moveIn: MoveInRepository;
}

interface MysqlTxParts {
  readonly clock: Clock;
  readonly ids: IdAllocator;
  /** Whether nodes hear of due buckets through a queue. */
  readonly queuesTasks: boolean;
}

/** The repositories over one session: made for each transaction, they hold nothing but it. */
export function createMysqlTx(session: MysqlSession, { clock, ids, queuesTasks }: MysqlTxParts): MysqlTx {
  const events = createEventRepository(session);
  const held = {
    coupons: createCouponRepository(session),
    grants: createGrantRepository(session),
    grantBits: createGrantBitsRepository(session),
    campaigns: createCampaignRepository(session),
    audiences: createAudienceRepository(session),
    ledger: createLedgerRepository(session),
  } satisfies CouponMaskTx;
  return {
    ...held,
    ids,
    facts: createFolderFacts(session),
    apiKeys: createApiKeyRepository(session),
    idempotency: createIdempotencyRepository(session),
    outbox: createOutbox(events, clock),
    tasks: queuesTasks ? createTaskOutbox(events, clock) : NO_TASKS,
    events,
    issueRuns: createIssueRunRepository(session),
    promotions: createPromotionRepository(session),
    codes: createCodeRepository(session),
    couponOrders: createCouponOrderRepository(session),
    inbox: createInboxRepository(session),
    audit: createAuditRepository(session),
    members: createMysqlMemberRepository(session, (filter, range) =>
      couponMask(held, { filter, range, now: clock.now() }),
    ),
    nodes: createNodeRepository(session),
    moveIn: createMoveInRepository(session),
  };
}
