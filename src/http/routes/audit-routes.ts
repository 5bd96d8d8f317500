import { z } from 'zod';
import { CHANNELS } from '../../core/channels.js';
import { reportAudit } from '../../ledger/audit.js';
import { AUDIT_KINDS, type AuditDifference } from '../../ledger/audit/audit-difference.js';
import type { AuditDeps } from '../../ledger/audit/audit-run.js';
import { longWorkSignal } from '../disconnect-signal.js';
import type { HttpApp } from '../http-app.js';
import { idOutput } from '../schemas.js';

const count = z.int().nonnegative();

const differenceOutput = z.object({
  kind: z.enum(AUDIT_KINDS),
  audienceId: idOutput.nullable(),
  campaignId: idOutput.nullable(),
  channel: z.enum(CHANNELS).nullable(),
  bucket: count.nullable(),
  what: z.string(),
  expected: z.string(),
  found: z.string(),
});

const auditOutput = z
  .object({
    isBalanced: z.boolean().describe('True when nothing differs'),
    differences: z.array(differenceOutput).describe('The first of them; `summary` counts all'),
    summary: z.object({
      audiences: count,
      campaigns: count,
      ledgerRows: count,
      cells: count,
      memberBlocks: count,
      differences: count,
    }),
  })
  .meta({ id: 'AuditReport' });

/** The audit: everything that is kept twice, compared. */
export function registerAuditRoutes(app: HttpApp, deps: AuditDeps): void {
  app.post(
    '/v1/audit',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['ledger'],
        summary: 'Recompute audiences, ledger, counts, inboxes, events and members against each other',
        description:
          'Changes nothing, and goes in slices beside what is being sent. About five million cells a second.',
        body: z.strictObject({ limit: z.int().min(0).max(10_000).default(1_000) }).optional(),
        response: { 200: auditOutput },
      },
    },
    async (request, reply) => {
      const limit = request.body?.limit ?? 1_000;
      const report = await reportAudit(deps, { limit, signal: longWorkSignal(reply) });
      return {
        isBalanced: report.summary.differences === 0,
        differences: report.differences.map(renderDifference),
        summary: { ...report.summary },
      };
    },
  );
}

const renderDifference = (difference: AuditDifference): z.output<typeof differenceOutput> => ({
  ...difference,
  audienceId: difference.audienceId ?? null,
  campaignId: difference.campaignId ?? null,
  channel: difference.channel ?? null,
  bucket: difference.bucket ?? null,
});
