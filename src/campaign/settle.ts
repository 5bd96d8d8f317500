import type { CampaignId } from '../core/ids.js';
import type { OutboundMessage } from '../core/ports/queue.js';
import type { EpochMs } from '../core/time.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import type { CampaignRepository } from './campaign-repository.js';

/** What settling needs of a transaction. */
export interface SettleTx {
  readonly campaigns: CampaignRepository;
  readonly ledger: LedgerRepository;
  readonly events: { append(messages: readonly OutboundMessage[], now: EpochMs): Promise<void> };
}

/** Events that end a campaign; ids only. */
const COMPLETED_TOPIC = 'campaign.completed';
const CANCELLED_TOPIC = 'campaign.cancelled';

/**
 * Marks channels without a pending member as settled, and ends the campaign when all are: completed, or cancelled where
 * that was asked for. Called in the transaction that may have settled the last cell; safe to call at any time.
 * Costs one look-up per channel. Answers whether the campaign ended here.
 */
export async function settleIfDone(tx: SettleTx, campaignId: CampaignId, now: EpochMs): Promise<boolean> {
  const campaign = await tx.campaigns.find(campaignId);
  if (campaign === undefined || (campaign.state !== 'running' && campaign.state !== 'cancelling')) return false;
  let isDone = true;
  for (const channel of await tx.campaigns.channels(campaignId)) {
    if (channel.settledAt !== null) continue;
    const counts = await tx.ledger.counts(channel);
    if ((counts.get(0) ?? 0) > 0) isDone = false;
    else await tx.campaigns.updateChannel(campaignId, channel.channel, { settledAt: now });
  }
  if (!isDone) return false;
  const state = campaign.state === 'cancelling' ? 'cancelled' : 'completed';
  await tx.campaigns.update(campaignId, { state, endedAt: now });
  await tx.campaigns.addMove({ campaignId, at: now, actor: 'system', move: state, detail: null });
  await tx.events.append(
    [
      {
        topic: state === 'completed' ? COMPLETED_TOPIC : CANCELLED_TOPIC,
        key: `campaign-${campaignId}`,
        body: JSON.stringify({ campaignId, endedAt: now }),
      },
    ],
    now,
  );
  return true;
}
