import type { AudienceRepository } from '../../campaign/audience-repository.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import type { InboxRepository } from '../../campaign/inbox-repository.js';
import type { CodeRepository } from '../../coupon/code/code-repository.js';
import type { CouponRepository } from '../../coupon/coupon-repository.js';
import type { GrantBitsRepository } from '../../coupon/grant/grant-bits-repository.js';
import type { GrantRepository } from '../../coupon/grant/grant-repository.js';
import type { CouponOrderRepository } from '../../coupon/order/coupon-order-repository.js';
import type { IssueRunRepository } from '../../coupon/issue/issue-run-repository.js';
import type { Store } from '../../core/ports/store.js';
import type { EpochMs } from '../../core/time.js';
import type { MembershipDeps, MembersTx } from '../../membership/members-tx.js';
import type { LedgerRepository } from '../ledger-repository.js';
import type { AuditDifference, AuditSummary } from './audit-difference.js';
import type { AuditRepository } from './audit-repository.js';

/** The part of a transaction that the audit reads. */
export interface AuditTx extends MembersTx {
  readonly audit: AuditRepository;
  readonly audiences: Pick<AudienceRepository, 'find'>;
  readonly campaigns: CampaignRepository;
  readonly coupons: Pick<CouponRepository, 'allIds' | 'find'>;
  readonly codes: Pick<CodeRepository, 'usedAfter'>;
  readonly couponOrders: Pick<CouponOrderRepository, 'findAll' | 'idsAfter' | 'releasedUsesOf' | 'usesOf'>;
  readonly grants: Pick<GrantRepository, 'journalAfter' | 'ofMembers' | 'rowsAfter'>;
  readonly grantBits: Pick<GrantBitsRepository, 'journalAfter' | 'rowsAfter'>;
  readonly issueRuns: Pick<IssueRunRepository, 'ofCoupon'>;
  readonly ledger: LedgerRepository;
  readonly inbox: Pick<InboxRepository, 'holdersBetween'>;
}

export interface AuditDeps extends MembershipDeps {
  readonly store: Store<AuditTx>;
}

type Tally = { -readonly [Figure in keyof AuditSummary]: AuditSummary[Figure] };

/**
 * One audit under way. Each slice is a transaction of bulk work that writes nothing: what it compares is of one moment,
 * and requests of people go before it.
 */
export class AuditRun {
  readonly tally: Tally = { audiences: 0, campaigns: 0, ledgerRows: 0, cells: 0, memberBlocks: 0, differences: 0 };

  constructor(
    readonly deps: AuditDeps,
    readonly signal: AbortSignal | undefined,
  ) {}

  /** @throws the signal's reason once it has aborted. */
  slice<Result>(body: (tx: AuditTx) => Promise<Result>): Promise<Result> {
    this.signal?.throwIfAborted();
    return this.deps.store.transaction(body, { isBulk: true, isSnapshot: true });
  }

  now(): EpochMs {
    return this.deps.clock.now();
  }
}

/** Differences of one slice; the audit yields them once the slice's transaction has ended. */
export type Differences = AuditDifference[];
