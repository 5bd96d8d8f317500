/**
 * The auditor: recomputes everything that the store keeps twice, and names each place where the two differ.
 *
 *   store      the file's own structure, when asked for: it holds the store up while it is read
 *   audiences  buckets ascend, do not overlap, decode, and add up to the audience's own figures
 *   ledger     a row per bucket, every cell a code, figures beside rows and by outcome equal to the cells, due times
 *   campaigns  states and settled channels against what is pending
 *   inboxes    exactly the members whose cells say sent
 *   events     every change told once; cursors and deliveries of groups against each other
 *   coupons    grants, their journal and the counts of each coupon against each other
 *   orders     what orders use, and what is known of them, against the journals of all coupons
 *   members    what is packed by block against the members' rows
 *
 * It reads in slices of some milliseconds (members' rows: 25) and may run beside a server at work. Cost: one pass over
 * everything, some five million cells and 150,000 members a second.
 */
import { auditAudiences } from './audit/audit-audiences.js';
import { auditCampaigns } from './audit/audit-campaigns.js';
import { auditCoupons } from './audit/audit-coupons.js';
import type { AuditDifference, AuditSummary } from './audit/audit-difference.js';
import { auditEvents } from './audit/audit-events.js';
import { auditInboxes, auditMemberBlocks } from './audit/audit-blocks.js';
import { auditOrders } from './audit/audit-orders.js';
import { AuditRun, type AuditDeps } from './audit/audit-run.js';
import { isDomainError } from '../core/errors.js';

const MAX_STRUCTURE_FINDINGS = 100;

/**
 * Yields the differences as they are found; the generator's return value says what was looked at. Nothing is changed.
 * @throws the signal's reason when it aborts.
 */
export async function* auditBooks(
  deps: AuditDeps,
  { signal, checksStructure = false }: AuditOptions = {},
): AsyncGenerator<AuditDifference, AuditSummary, undefined> {
  const run = new AuditRun(deps, signal);
  const parts = Object.entries({ ...(checksStructure && { file: auditStructure }), ...PARTS });
  for (const [name, part] of parts) {
    for await (const difference of untilUnreadable(name, part(run))) {
      run.tally.differences++;
      yield difference;
    }
  }
  return { ...run.tally };
}

export interface AuditOptions {
  readonly signal?: AbortSignal;
  /** Reads every page of the file in one go, so only where nobody waits. Default false. */
  readonly checksStructure?: boolean;
}

const PARTS = {
  audiences: auditAudiences,
  campaigns: auditCampaigns,
  inboxes: auditInboxes,
  events: auditEvents,
  coupons: auditCoupons,
  orders: auditOrders,
  members: auditMemberBlocks,
} as const;

async function* auditStructure(run: AuditRun): AsyncGenerator<AuditDifference> {
  for (const found of await run.slice((tx) => tx.audit.structureFindings(MAX_STRUCTURE_FINDINGS))) {
    yield { kind: 'store.structure', what: 'pages of the file', expected: 'as they were written', found };
  }
}

/**
 * Damage that ends a part is named as well, and the other parts are looked at. A flipped bit can make text of bytes or
 * no JSON of JSON: whatever a reader trips over is told as what it is, something that was not written so.
 */
async function* untilUnreadable(name: string, part: AsyncGenerator<AuditDifference>): AsyncGenerator<AuditDifference> {
  try {
    yield* part;
  } catch (error) {
    if (!isDamage(error)) throw error;
    const place = isDomainError(error) ? error.values['what'] : undefined;
    const what = typeof place === 'string' ? `${name}: ${place}` : name;
    const found = isDomainError(error)
      ? 'damage, where reading ended'
      : `what no reader understands (${error.message})`;
    yield { kind: 'store.unreadable', what, expected: 'what was written', found };
  }
}

const isDamage = (error: unknown): error is Error =>
  isDomainError(error)
    ? error.code === 'STORE_CORRUPT'
    : error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;

export interface AuditReport {
  /** The first of them. */
  readonly differences: readonly AuditDifference[];
  readonly summary: AuditSummary;
}

/** The whole audit in one answer, with at most `limit` differences (default 1,000) named; all of them are counted. */
export async function reportAudit(
  deps: AuditDeps,
  { limit = 1_000, ...options }: AuditOptions & { readonly limit?: number } = {},
): Promise<AuditReport> {
  const differences: AuditDifference[] = [];
  const audit = auditBooks(deps, options);
  for (;;) {
    const step = await audit.next();
    if (step.done === true) return { differences, summary: step.value };
    if (differences.length < limit) differences.push(step.value);
  }
}
