import type { CampaignId } from '../core/ids.js';
import type { OutboxTx } from '../core/ports/outbox.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { PENDING_FRESH } from '../ledger/cell-code.js';
import type { CouponRepository } from '../coupon/coupon-repository.js';
import type { LedgerRepository, Stream } from '../ledger/ledger-repository.js';
import { campaignEvent } from './campaign-event.js';
import { isAudienceDoubt, type Campaign } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';

/** What settling needs of a transaction. */
export interface SettleTx extends OutboxTx {
  readonly campaigns: CampaignRepository;
  readonly ledger: LedgerRepository;
  readonly coupons: Pick<CouponRepository, 'find' | 'lock'>;
}

/**
 * Marks channels without a pending member as settled, and ends the campaign when all are: completed, or cancelled where
 * that was asked for. Called in the transaction that may have settled the last cell; safe to call at any time.
 * Costs one look-up per channel. Answers whether the campaign ended here.
 */
export async function settleIfDone(tx: SettleTx, campaignId: CampaignId, now: EpochMs): Promise<boolean> {
  // Locked, so that of two transactions that each settle the last cell of a channel the second sees the first.
  const campaign = await tx.campaigns.lock(campaignId);
  if (campaign === undefined || !maySettle(campaign, now)) return false;
  let isDone = true;
  for (const channel of await tx.campaigns.channels(campaignId)) {
    if (channel.settledAt !== null) continue;
    if (await hasPending(tx, channel)) isDone = false;
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

/** Whether `settleIfDone` would end the campaign; reads only. */
export async function hasSettled(
  tx: Pick<SettleTx, 'campaigns' | 'ledger'>,
  campaign: Campaign,
  now: EpochMs,
): Promise<boolean> {
  if (!maySettle(campaign, now)) return false;
  for (const channel of await tx.campaigns.channels(campaign.campaignId)) {
    if (channel.settledAt === null && (await hasPending(tx, channel))) return false;
  }
  return true;
}

/** Even an empty audience waits, until delivery ends, for the person who expected another. */
function maySettle({ state, pauseReasons, deliverUntil }: Campaign, now: EpochMs): boolean {
  if (state === 'cancelling') return true;
  const isOver = deliverUntil !== null && deliverUntil <= now;
  return state === 'running' && (isOver || !pauseReasons.some(isAudienceDoubt));
}

async function hasPending(tx: Pick<SettleTx, 'ledger'>, stream: Stream): Promise<boolean> {
  return ((await tx.ledger.counts(stream)).get(PENDING_FRESH) ?? 0) > 0;
}
