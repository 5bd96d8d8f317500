import { auditMembers } from '../../membership/audit-members.js';
import type { AuditDifference } from './audit-difference.js';
import type { InboxFinding } from './audit-repository.js';
import type { AuditRun } from './audit-run.js';

const INBOX_BLOCKS_PER_SLICE = 50;

const INBOX_WORDS: Readonly<Record<InboxFinding['what'], Pick<AuditDifference, 'kind' | 'expected' | 'found'>>> = {
  unknownCampaign: { kind: 'inbox.stray', expected: 'a campaign launched by inbox', found: 'none such' },
  bothForms: { kind: 'inbox.form', expected: 'a bitmap or rows', found: 'both' },
  unmarkedRows: { kind: 'inbox.form', expected: 'rows that are marked', found: 'rows without a mark' },
  markWithoutRows: { kind: 'inbox.form', expected: 'rows where the mark says so', found: 'none' },
};

/** The forms that inboxes are kept in; who has what is compared with the ledger, bucket by bucket. */
export async function* auditInboxes(run: AuditRun): AsyncGenerator<AuditDifference> {
  for (let next: number | null = 0; next !== null;) {
    const from: number = next;
    const until = from + INBOX_BLOCKS_PER_SLICE;
    const slice = await run.slice(async (tx) => ({
      findings: await tx.audit.inboxFindings(from, until),
      next: await tx.audit.nextInboxBlock(until),
    }));
    for (const { campaignId, block, what } of slice.findings) {
      yield { campaignId, channel: 'inbox', what: `block ${block} of the inboxes`, ...INBOX_WORDS[what] };
    }
    next = slice.next;
  }
}

/** The population, its flags, tags and addresses against the members' rows, and the flags against what they come from. */
export async function* auditMemberBlocks(run: AuditRun): AsyncGenerator<AuditDifference> {
  run.tally.memberBlocks = 1 + (await run.slice((tx) => tx.audit.lastMemberBlock()));
  for await (const { block, what } of auditMembers(run.deps, run.signal === undefined ? {} : { signal: run.signal })) {
    yield { kind: 'members.block', what: `block ${block}: ${what}`, expected: 'as the rows say', found: 'otherwise' };
  }
}
