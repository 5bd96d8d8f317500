import { parse } from 'csv-parse/sync';
import { vi } from 'vitest';
import { z } from 'zod';
import type { Channel } from '../../src/core/channels.js';

/** The part of the HTTP API that whole-system tests use, read by schemas of their own. */
export class CampaignApi {
  constructor(private readonly url: string) {}

  /** Creates a campaign, dries it and launches on the count that came out. */
  async launch(draft: object): Promise<LaunchedCampaign> {
    const { id } = idSchema.parse(await this.send('POST', '/v1/campaigns', draft));
    const dryRun = dryRunSchema.parse(await this.send('POST', `/v1/campaigns/${id}/dry-runs`, {}));
    const { dryRunId, memberCount, expiringCount } = dryRun;
    const confirmed = { confirm: memberCount, confirmExpiring: expiringCount };
    await this.send('POST', `/v1/campaigns/${id}/launch`, { dryRunId, ...confirmed });
    const reach = new Map(dryRun.channels.map(({ channel, reach: { members } }) => [channel, members]));
    return { id, memberCount, reach };
  }

  async campaign(id: number): Promise<CampaignState> {
    return campaignSchema.parse(await this.send('GET', `/v1/campaigns/${id}`));
  }

  /** Waits until the campaign is completed. */
  async completed(id: number, deadlineMs: number): Promise<CampaignState> {
    return vi.waitFor(
      async () => {
        const campaign = await this.campaign(id);
        if (campaign.state !== 'completed') throw new Error(`not completed: ${JSON.stringify(campaign)}`);
        return campaign;
      },
      { timeout: deadlineMs, interval: 100 },
    );
  }

  /** Asks for a move of a campaign, or of one of its channels: `pause`, `resume`, `cancel`. */
  async move(id: number, move: string, channel?: Channel): Promise<void> {
    const about = channel === undefined ? '' : `/channels/${channel}`;
    await this.send('POST', `/v1/campaigns/${id}${about}/${move}`, channel === undefined ? {} : undefined);
  }

  async liftPace(id: number, channel: Channel): Promise<void> {
    await this.setPace(id, channel, null);
  }

  async setPace(id: number, channel: Channel, membersPerSecond: number | null): Promise<void> {
    await this.send('PUT', `/v1/campaigns/${id}/channels/${channel}/pace`, { membersPerSecond });
  }

  /** The outcome of every member of a campaign on a channel, by ordinal, from the export. */
  async outcomes(id: number, channel: Channel): Promise<ReadonlyMap<number, string>> {
    const response = await fetch(`${this.url}/v1/campaigns/${id}/channels/${channel}/members.csv?lang=en`);
    const rows = exportSchema.parse(parse(await response.text(), { columns: true, bom: true }));
    return new Map(rows.map(({ ordinal, outcome }) => [Number(ordinal), outcome]));
  }

  /** Campaigns in a member's inbox. */
  async inboxOf(memberId: string): Promise<readonly number[]> {
    const { items } = inboxSchema.parse(await this.send('GET', `/v1/members/${encodeURIComponent(memberId)}/inbox`));
    return items.map(({ campaignId }) => campaignId);
  }

  /** What the audit finds: nothing, where the books are right. */
  async auditDifferences(): Promise<readonly unknown[]> {
    return auditSchema.parse(await this.send('POST', '/v1/audit', {})).differences;
  }

  private async send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

export interface LaunchedCampaign {
  readonly id: number;
  readonly memberCount: number;
  /** Members that the dry run promised to each channel. */
  readonly reach: ReadonlyMap<string, number>;
}

const idSchema = z.object({ id: z.int() });
const dryRunSchema = z.object({
  dryRunId: z.int(),
  memberCount: z.int(),
  expiringCount: z.int(),
  channels: z.array(z.object({ channel: z.string(), reach: z.object({ members: z.int() }) })),
});
const campaignSchema = z.object({
  state: z.string(),
  channels: z.array(
    z.object({
      channel: z.string(),
      books: z.record(z.string(), z.int()),
      isBalanced: z.boolean(),
      pauseReasons: z.array(z.string()),
    }),
  ),
});
const exportSchema = z.array(z.object({ ordinal: z.string(), outcome: z.string() }));
const inboxSchema = z.object({ items: z.array(z.object({ campaignId: z.int() })) });
const auditSchema = z.object({ differences: z.array(z.unknown()) });

export type CampaignState = z.output<typeof campaignSchema>;
