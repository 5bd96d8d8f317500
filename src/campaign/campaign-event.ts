import type { OutboxEvent } from '../core/ports/outbox.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { Topic } from '../core/topics.js';
import type { Campaign } from './campaign.js';

/** An event of a campaign's life; events of one campaign keep their order. */
export const campaignEvent = (
  topic: Topic,
  campaign: Pick<Campaign, 'campaignId' | 'promotionId'>,
  at: EpochMs,
  detail: OutboxEvent['body'] = {},
): OutboxEvent => ({
  topic,
  key: `campaign/${campaign.campaignId}`,
  body: { campaignId: campaign.campaignId, promotionId: campaign.promotionId, at: formatInstant(at), ...detail },
});
