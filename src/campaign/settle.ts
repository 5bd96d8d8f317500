import type { CampaignId } from '../core/ids.js';
import type { OutboxTx } from '../core/ports/outbox.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { PENDING_FRESH } from '../ledger/cell-code.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import { campaignEvent } from './campaign-event.js';
import { isAudienceDoubt } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';

/** What settling needs of a transaction. */
export interface SettleTx extends OutboxTx {
  readonly campaigns: CampaignRepository;
  readonly ledger: LedgerRepository;
}

/**
 * Marks channels without a pending member as settled, and ends the campaign when all are: completed, or cancelled where
 * that was asked for. Called in the transaction that may have settled the last cell; safe to call at any time.
 * Costs one look-up per channel. Answers whether the campaign ended here.
 */
export async function settleIfDone(tx: SettleTx, campaignId: CampaignId, now: EpochMs): Promise<boolean> {
  const campaign = await tx.campaigns.find(campaignId);
  if (campaign === undefined || (campaign.state !== 'running' && campaign.state !== 'cancelling')) return false;
  if (campaign.pauseReasons.some(isAudienceDoubt)) return false; // even an empty one waits for the person who expected more
  let isDone = true;
  for (const channel of await tx.campaigns.channels(campaignId)) {
    if (channel.settledAt !== null) continue;
    const counts = await tx.ledger.counts(channel);
    if ((counts.get(PENDING_FRESH) ?? 0) > 0) isDone = false;
    else await tx.campaigns.updateChannel(campaignId, channel.channel, { settledAt: now });
  }
  if (!isDone) return false;
  const state = campaign.state === 'cancelling' ? 'cancelled' : 'completed';
  await tx.campaigns.update(campaignId, { state, endedAt: now });
  await tx.campaigns.addMove({ campaignId, at: now, actor: 'system', move: state, detail: null });
  const topic = state === 'completed' ? TOPICS.campaignCompleted : TOPICS.campaignCancelled;
  await tx.outbox.append(campaignEvent(topic, campaign, now));
  return true;
}
