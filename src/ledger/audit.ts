/**
 * The auditor: recomputes everything that the store keeps twice, and names each place where the two differ.
 *
 *   audiences  buckets ascend, do not overlap, decode, and add up to the audience's own figures
 *   ledger     a row per bucket, every cell a code, figures beside rows and by outcome equal to the cells, due times
 *   campaigns  states and settled channels against what is pending
 *   inboxes    exactly the members whose cells say sent
 *   events     every change told once; cursors and deliveries of groups against each other
 *   members    what is packed by block against the members' rows
 *
 * It reads in slices of some milliseconds (members' rows: 25) and may run beside a server at work. Cost: one pass over
 * everything, some five million cells and 150,000 members a second.
 */
import { auditAudiences } from './audit/audit-audiences.js';
import { auditCampaigns } from './audit/audit-campaigns.js';
import type { AuditDifference, AuditSummary } from './audit/audit-difference.js';
import { auditEvents } from './audit/audit-events.js';
import { auditInboxes, auditMemberBlocks } from './audit/audit-blocks.js';
import { AuditRun, type AuditDeps } from './audit/audit-run.js';

/**
 * Yields the differences as they are found; the generator's return value says what was looked at. Nothing is changed.
 * @throws the signal's reason when it aborts.
 */
export async function* auditBooks(
  deps: AuditDeps,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<AuditDifference, AuditSummary, undefined> {
  const run = new AuditRun(deps, signal);
  for (const part of [auditAudiences, auditCampaigns, auditInboxes, auditEvents, auditMemberBlocks]) {
    for await (const difference of part(run)) {
      run.tally.differences++;
      yield difference;
    }
  }
  return { ...run.tally };
}

export interface AuditReport {
  /** The first of them. */
  readonly differences: readonly AuditDifference[];
  readonly summary: AuditSummary;
}

/** The whole audit in one answer, with at most `limit` differences (default 1,000) named; all of them are counted. */
export async function reportAudit(
  deps: AuditDeps,
  { limit = 1_000, signal }: { readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<AuditReport> {
  const differences: AuditDifference[] = [];
  const audit = auditBooks(deps, signal === undefined ? {} : { signal });
  for (;;) {
    const step = await audit.next();
    if (step.done === true) return { differences, summary: step.value };
    if (differences.length < limit) differences.push(step.value);
  }
}
