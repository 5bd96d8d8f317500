/** What an accepted answer lets a client do next, with the very values that make it right. */
import { z } from 'zod';

/** A request that would be accepted now, or was a moment ago. */
export interface Suggestion {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

const campaignShape = z.object({
  id: z.int(),
  version: z.int(),
  state: z.string(),
  pauseReasons: z.array(z.string()),
  audience: z.object({ members: z.int().nullable() }),
  channels: z.array(z.object({ channel: z.string(), outcomes: z.array(z.object({ outcome: z.string() })) })),
});
const dryRunShape = z.object({
  dryRunId: z.int(),
  campaignId: z.int(),
  memberCount: z.int(),
  expiringCount: z.int(),
});
const promotionShape = z.object({ id: z.int(), version: z.int(), rule: z.unknown(), endsAt: z.string() });
const importShape = z.object({ id: z.int(), rejected: z.int().positive() });
const messageShape = z.object({ messageId: z.string(), receipt: z.string(), topic: z.string() });

export function nextSteps(answer: unknown): readonly Suggestion[] {
  const page = z.object({ items: z.array(z.unknown()) }).safeParse(answer);
  if (page.success) return page.data.items.slice(0, 3).flatMap(nextSteps);
  const dryRun = dryRunShape.safeParse(answer);
  if (dryRun.success) return [launchOf(dryRun.data)];
  const campaign = campaignShape.safeParse(answer);
  if (campaign.success) return movesOf(campaign.data);
  const promotion = promotionShape.safeParse(answer);
  if (promotion.success) {
    const { id, version } = promotion.data;
    return [{ operation: 'PATCH /v1/promotions/{id}', parameters: { id }, body: { version, description: 'Edited' } }];
  }
  const job = importShape.safeParse(answer);
  if (job.success) {
    const parameters = { id: job.data.id };
    return [{ operation: 'GET /v1/members/imports/{id}/rejects.csv', parameters, body: undefined }];
  }
  const message = messageShape.safeParse(answer);
  return message.success ? finishesOf(message.data) : [];
}

const launchOf = (dryRun: z.output<typeof dryRunShape>): Suggestion => ({
  operation: 'POST /v1/campaigns/{id}/launch',
  parameters: { id: dryRun.campaignId },
  body: { dryRunId: dryRun.dryRunId, confirm: dryRun.memberCount, confirmExpiring: dryRun.expiringCount },
});

function movesOf(campaign: z.output<typeof campaignShape>): Suggestion[] {
  const { id, version, state } = campaign;
  const move = (name: string, body: unknown, method = 'POST'): Suggestion => ({
    operation: `${method} /v1/campaigns/{id}${name}`,
    parameters: { id, channel: campaign.channels[0]?.channel },
    body,
  });
  if (state === 'draft') return [move('', { version, name: 'Renamed' }, 'PATCH'), move('/dry-runs', {})];
  if (campaign.pauseReasons.includes('audienceMax')) return [move('/confirm', { confirm: campaign.audience.members })];
  if (state === 'paused') return [move('/resume', undefined), move('/cancel', { reason: 'enough' })];
  if (state === 'running') {
    return [
      move('/pause', undefined),
      move('/channels/{channel}/pace', { membersPerSecond: 1 }, 'PUT'),
      move('/channels/{channel}/pause', undefined),
      move('/channels/{channel}/resume', undefined),
    ];
  }
  const failed = campaign.channels
    .flatMap(({ outcomes }) => outcomes)
    .find(({ outcome }) => outcome.startsWith('failed'));
  return failed === undefined
    ? []
    : [move('/send-again', { channel: campaign.channels[0]?.channel, outcomes: [failed.outcome] })];
}

function finishesOf({ messageId, receipt, topic }: z.output<typeof messageShape>): Suggestion[] {
  const parameters = { topic, group: 'readers' };
  const group = '/v1/events/topics/{topic}/groups/{group}';
  return [
    { operation: `POST ${group}/ack`, parameters, body: { messages: [{ messageId, receipt }] } },
    { operation: `POST ${group}/retry`, parameters, body: { messageId, receipt, reason: 'later' } },
  ];
}
