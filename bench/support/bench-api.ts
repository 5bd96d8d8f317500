/** The HTTP API as a shop's own systems call it, with connections that stay. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { z } from 'zod';
import { CONFIG_FILE } from '../../src/config.js';
import type { Channel } from '../../src/core/channels.js';
import { addMs, DAY_MS, epochMs, formatInstant } from '../../src/core/time.js';
import { campaignOutput } from '../../src/http/campaign-schemas.js';
import { createdPromotionOutput } from '../../src/http/promotion-schemas.js';
import type { CleanUp } from './clean-up.js';

export type CampaignView = z.output<typeof campaignOutput>;

/** Whom a promotion is announced to, by which channels. */
export interface Announcement {
  readonly channels: readonly Channel[];
  /** A filter as text; everybody where absent. */
  readonly where?: string | undefined;
  readonly body?: string | undefined;
}

const DEFAULT_BODY = '{{member.name|friend}}, {{promotion.name}} is on. You have {{member.points}} points.';
const POLL_MS = 50;
const SAY_MS = 10_000;

export class BenchApi {
  private readonly pool: Pool;
  private announced = 0;

  constructor(url: string, cleanUp: CleanUp, connections = 16) {
    this.pool = new Pool(url, { connections, headersTimeout: 300_000 });
    cleanUp.add(() => this.pool.destroy());
  }

  /** The answer's document. @throws Error with the problem when it is refused. */
  async call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    const response = await this.pool.request({
      method,
      path,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    if (response.statusCode >= 400) throw new Error(`${method} ${path} was answered ${response.statusCode}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Stores a promotion of its own; with `announce`, a campaign goes out in the same transaction. */
  async createPromotion(announce?: Announcement): Promise<{ readonly campaignId: number }> {
    const created = createdPromotionOutput.parse(await this.call('POST', '/v1/promotions', this.promotion(announce)));
    return { campaignId: created.campaignId ?? 0 };
  }

  /** The body of a promotion that no other is equal to. */
  promotion(announce?: Announcement): object {
    const startsAt = epochMs(Date.now());
    return {
      name: `Bench ${process.pid} ${++this.announced}`,
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      startsAt: formatInstant(startsAt),
      endsAt: formatInstant(addMs(startsAt, 3 * DAY_MS)),
      ...(announce && {
        announce: {
          audience: announce.where === undefined ? { kind: 'everybody' } : { kind: 'filter', where: announce.where },
          channels: announce.channels.map((channel) => ({
            channel,
            message: {
              ...(channel === 'email' && { subject: '{{promotion.name}}' }),
              ...((channel === 'inbox' || channel === 'app') && { title: '{{promotion.name}}' }),
              body: announce.body ?? DEFAULT_BODY,
            },
          })),
        },
      }),
    };
  }

  /** Nothing more is sent; a campaign that has ended stays as it is. */
  async cancel(id: number): Promise<void> {
    try {
      await this.call('POST', `/v1/campaigns/${id}/cancel`);
    } catch (error) {
      if ((await this.campaign(id)).endedAt === null) throw error;
    }
  }

  async campaign(id: number): Promise<CampaignView> {
    return campaignOutput.parse(await this.call('GET', `/v1/campaigns/${id}`));
  }

  /** Looks until the campaign is as wanted. @throws Error when it pauses itself. */
  async until(
    id: number,
    isAsWanted: (campaign: CampaignView) => boolean,
    { say, everyMs = POLL_MS }: { readonly say?: (line: string) => void; readonly everyMs?: number } = {},
  ): Promise<CampaignView> {
    let saidAtMs = performance.now();
    for (;;) {
      const campaign = await this.campaign(id);
      if (isAsWanted(campaign)) return campaign;
      const reasons = campaign.channels.flatMap(({ pauseReasons }) => pauseReasons);
      if (reasons.length > 0) throw new Error(`The campaign paused itself: ${reasons.join(', ')}.`);
      if (say !== undefined && performance.now() - saidAtMs > SAY_MS) {
        saidAtMs = performance.now();
        say(
          `${doneMembers(campaign).toLocaleString('en')} of ${(campaign.audience.members ?? 0).toLocaleString('en')}`,
        );
      }
      await sleep(everyMs);
    }
  }

  /** @throws Error when the books do not balance or somebody is left. */
  async untilEnded(id: number, say?: (line: string) => void): Promise<CampaignView> {
    const campaign = await this.until(id, ({ endedAt }) => endedAt !== null, say && { say });
    for (const { channel, books, isBalanced } of campaign.channels) {
      if (!isBalanced || books.pending > 0) throw new Error(`The books of ${channel} do not balance.`);
    }
    return campaign;
  }
}

/** Members with an outcome, on all channels together. */
export const doneMembers = ({ channels }: CampaignView): number =>
  channels.reduce((sum, { books }) => sum + books.sent + books.failed + books.unknown + books.suppressed, 0);

/** Writes the configuration of a shop whose channels are these; with `cluster`, of a node among others. */
export function writeConfig(dataFolder: string, channels: object, cluster?: object): void {
  writeFileSync(join(dataFolder, CONFIG_FILE), JSON.stringify({ channels, cluster }), { mode: 0o600 });
}
