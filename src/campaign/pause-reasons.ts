/** The reasons that hold a campaign back: put and lifted one by one, each time recorded with who and why. */
import type { OutboxTx } from '../core/ports/outbox.js';
import type { TaskTx } from '../core/ports/task-outbox.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import type { Campaign, CampaignPauseReason } from './campaign.js';
import { campaignEvent } from './campaign-event.js';
import type { CampaignRepository } from './campaign-repository.js';
import { inviteNodes } from './look-ahead.js';

/** What controlling needs of a transaction. */
export interface ControlTx extends OutboxTx, TaskTx {
  readonly campaigns: CampaignRepository;
}

/** Who asks, when, and why. */
export interface ControlContext {
  readonly now: EpochMs;
  readonly actor: string;
  readonly reason?: string | undefined;
}

/** Adds a reason to a campaign that this transaction has locked and that does not have it. */
export async function holdBack(
  tx: ControlTx,
  context: ControlContext,
  { campaign, reason }: { readonly campaign: Campaign; readonly reason: CampaignPauseReason },
): Promise<Campaign> {
  const paused = await setReasons(tx, campaign, [...campaign.pauseReasons, reason]);
  await recordMove(tx, context, { campaign, move: 'paused', detail: context.reason ?? reason });
  await tx.outbox.append(campaignEvent(TOPICS.campaignPaused, campaign, context.now, { reason }));
  return paused;
}

/** Lifts a reason of a campaign that this transaction has locked; it goes on when no other is left. */
export async function letGoOn(
  tx: ControlTx,
  context: ControlContext,
  { campaign, lifted }: { readonly campaign: Campaign; readonly lifted: CampaignPauseReason },
): Promise<Campaign> {
  const left = campaign.pauseReasons.filter((reason) => reason !== lifted);
  const resumed = await setReasons(tx, campaign, left);
  await recordResume(tx, context, resumed);
  return resumed;
}

export async function setReasons(
  tx: ControlTx,
  campaign: Campaign,
  pauseReasons: readonly CampaignPauseReason[],
): Promise<Campaign> {
  await tx.campaigns.update(campaign.campaignId, { pauseReasons });
  return { ...campaign, pauseReasons };
}

export async function recordResume(tx: ControlTx, context: ControlContext, campaign: Campaign): Promise<void> {
  const left = campaign.pauseReasons;
  const detail = left.length === 0 ? (context.reason ?? null) : `still held back: ${left.join(', ')}`;
  await recordMove(tx, context, { campaign, move: 'resumed', detail });
  if (left.length > 0) return;
  await tx.outbox.append(campaignEvent(TOPICS.campaignResumed, campaign, context.now));
  await inviteNodes(tx, campaign);
}

export async function recordMove(
  tx: ControlTx,
  { now, actor }: ControlContext,
  { campaign, move, detail }: { readonly campaign: Campaign; readonly move: string; readonly detail: string | null },
): Promise<void> {
  await tx.campaigns.addMove({ campaignId: campaign.campaignId, at: now, actor, move, detail });
}
