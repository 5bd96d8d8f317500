import type { AudienceRepository } from '../../campaign/audience-repository.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import type { InboxRepository } from '../../campaign/inbox-repository.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { MemberRepository } from '../../membership/member-repository.js';
import type { LedgerRepository } from '../ledger-repository.js';
import type { AuditDifference, AuditSummary } from './audit-difference.js';
import type { AuditRepository } from './audit-repository.js';

/** The part of a transaction that the audit reads. */
export interface AuditTx {
  readonly audit: AuditRepository;
  readonly audiences: Pick<AudienceRepository, 'find'>;
  readonly campaigns: CampaignRepository;
  readonly ledger: LedgerRepository;
  readonly inbox: Pick<InboxRepository, 'holdersBetween'>;
  readonly members: Pick<MemberRepository, 'blockDifferences'>;
}

export interface AuditDeps {
  readonly store: Store<AuditTx>;
  readonly clock: Pick<Clock, 'now'>;
}

type Tally = { -readonly [Figure in keyof AuditSummary]: AuditSummary[Figure] };

/**
 * One audit under way. Each slice is a transaction of bulk work that writes nothing: what it compares is of one moment,
 * and requests of people go before it.
 */
export class AuditRun {
  readonly tally: Tally = { audiences: 0, campaigns: 0, ledgerRows: 0, cells: 0, memberBlocks: 0, differences: 0 };

  constructor(
    private readonly deps: AuditDeps,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** @throws the signal's reason once it has aborted. */
  slice<Result>(body: (tx: AuditTx) => Promise<Result>): Promise<Result> {
    this.signal?.throwIfAborted();
    return this.deps.store.transaction(body, { isBulk: true });
  }

  now(): ReturnType<Clock['now']> {
    return this.deps.clock.now();
  }
}

/** Differences of one slice; the audit yields them once the slice's transaction has ended. */
export type Differences = AuditDifference[];
