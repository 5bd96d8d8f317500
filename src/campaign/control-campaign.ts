/**
 * What a person does to a campaign that was launched. Each move is one transaction, recorded with who and why; pushers
 * and planner read the state at their next step, so it holds within a sweep of 2 s, at once when they are woken.
 */
import { DomainError } from '../core/errors.js';
import type { Channel } from '../core/channels.js';
import type { CampaignId } from '../core/ids.js';
import type { AudienceRepository } from './audience-repository.js';
import { CHANNEL_PAUSE_REASONS, isAudienceDoubt, type Campaign, type CampaignChannel } from './campaign.js';
import { checkPace, type CampaignPace } from './campaign-draft.js';
import { getCampaign, lockCampaign, requireAction } from './campaign-refusals.js';
import { inviteNodes } from './look-ahead.js';
import {
  holdBack,
  letGoOn,
  recordMove,
  recordResume,
  setReasons,
  type ControlContext,
  type ControlTx,
} from './pause-reasons.js';
import { settleIfDone, type SettleTx } from './settle.js';

export type { ControlContext, ControlTx } from './pause-reasons.js';

/**
 * Holds a campaign back: nothing new is sent, and what no socket has seen is taken back.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when it was not launched, has ended or is paused by a person.
 */
export async function pauseCampaign(tx: ControlTx, context: ControlContext, campaignId: CampaignId): Promise<Campaign> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'pause');
  return holdBack(tx, context, { campaign, reason: 'person' });
}

/**
 * Lifts the pause of a person. Other reasons stay until their own cause is gone.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when no person paused it.
 */
export async function resumeCampaign(
  tx: ControlTx,
  context: ControlContext,
  campaignId: CampaignId,
): Promise<Campaign> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'resume');
  return letGoOn(tx, context, { campaign, lifted: 'person' });
}

/**
 * Confirms the size of an audience that drifted, or is above its limit, and lets the campaign go on.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when there is nothing to confirm, `CONFIRMATION_MISMATCH` naming
 *   the frozen size.
 */
export async function confirmAudience(
  tx: ControlTx & SettleTx & { readonly audiences: AudienceRepository },
  context: ControlContext,
  { campaignId, confirmMembers }: { readonly campaignId: CampaignId; readonly confirmMembers: number },
): Promise<Campaign> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'confirm');
  const memberCount = (await tx.audiences.find(campaign.audienceId))?.memberCount ?? 0;
  if (memberCount !== confirmMembers) {
    throw new DomainError(
      'CONFIRMATION_MISMATCH',
      `The audience of campaign ${campaignId} has ${memberCount} members, not ${confirmMembers}; confirm ${memberCount} to go on.`,
      { campaignId, memberCount, confirmMembers },
    );
  }
  const confirmed = await setReasons(
    tx,
    campaign,
    campaign.pauseReasons.filter((reason) => !isAudienceDoubt(reason)),
  );
  await recordMove(tx, context, { campaign, move: 'confirmed', detail: `${memberCount} members` });
  if (confirmed.pauseReasons.length === 0) await recordResume(tx, context, confirmed);
  await settleIfDone(tx, campaignId, context.now);
  return getCampaign(tx, campaignId);
}

/**
 * Ends a campaign for good: nothing more is sent, what was handed over is waited for, everybody else becomes suppressed
 * (cancelled). One that was not frozen yet is cancelled at once.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when it has ended or is being cancelled.
 */
export async function cancelCampaign(
  tx: ControlTx & SettleTx,
  context: ControlContext,
  campaignId: CampaignId,
): Promise<Campaign> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'cancel');
  await tx.campaigns.update(campaignId, { state: 'cancelling' });
  await recordMove(tx, context, { campaign, move: 'cancelling', detail: context.reason ?? null });
  await settleIfDone(tx, campaignId, context.now);
  return getCampaign(tx, campaignId);
}

export interface ChangePace extends CampaignPace {
  readonly campaignId: CampaignId;
  readonly channel: Channel;
}

/**
 * Sets the campaign's own pace on a channel, while it runs too; a limit left out is lifted.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when it has ended (a draft is edited instead), `INVALID_INPUT`.
 */
export async function changePace(
  tx: ControlTx,
  context: ControlContext,
  { campaignId, channel, ...pace }: ChangePace,
): Promise<CampaignChannel> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'changePace');
  const before = await getChannel(tx, campaign, channel);
  checkPace(pace, 'pace');
  const change = {
    membersPerSecond: pace.membersPerSecond ?? null,
    requestsPerSecond: pace.requestsPerSecond ?? null,
  };
  await tx.campaigns.updateChannel(campaignId, channel, change);
  const detail = `${channel}: ${paceInWords(before)} to ${paceInWords(change)}`;
  await recordMove(tx, context, { campaign, move: 'paceChanged', detail });
  return { ...before, ...change };
}

/**
 * Holds back one channel of a campaign; the others go on.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when the campaign has ended, or the channel is paused or settled.
 */
export async function pauseChannel(
  tx: ControlTx,
  context: ControlContext,
  { campaignId, channel }: { readonly campaignId: CampaignId; readonly channel: Channel },
): Promise<CampaignChannel> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'pauseChannel');
  const found = await getChannel(tx, campaign, channel);
  if (found.settledAt !== null || found.pauseReasons.includes('person')) {
    throw channelState(found, found.settledAt === null ? 'resume' : undefined);
  }
  const pauseReasons = [...found.pauseReasons, 'person' as const];
  await tx.campaigns.updateChannel(campaignId, channel, { pauseReasons });
  await recordMove(tx, context, {
    campaign,
    move: 'channelPaused',
    detail: `${channel}: ${context.reason ?? 'person'}`,
  });
  return { ...found, pauseReasons };
}

/**
 * Lets a channel go on that was paused by a person or paused itself because the vendor refused; lifts every reason,
 * since whoever resumes it has looked.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when the campaign has ended or the channel is not paused.
 */
export async function resumeChannel(
  tx: ControlTx,
  context: ControlContext,
  { campaignId, channel }: { readonly campaignId: CampaignId; readonly channel: Channel },
): Promise<CampaignChannel> {
  const campaign = await lockCampaign(tx, campaignId);
  requireAction(campaign, 'resumeChannel');
  const found = await getChannel(tx, campaign, channel);
  if (found.pauseReasons.length === 0) throw channelState(found, found.settledAt === null ? 'pause' : undefined);
  await tx.campaigns.updateChannel(campaignId, channel, { pauseReasons: [] });
  const lifted = CHANNEL_PAUSE_REASONS.filter((reason) => found.pauseReasons.includes(reason)).join(', ');
  await recordMove(tx, context, { campaign, move: 'channelResumed', detail: `${channel}: ${lifted}` });
  await inviteNodes(tx, campaign, { channel });
  return { ...found, pauseReasons: [] };
}

async function getChannel(tx: ControlTx, campaign: Campaign, channel: Channel): Promise<CampaignChannel> {
  const found = await tx.campaigns.lockChannel(campaign.campaignId, channel);
  if (found !== undefined) return found;
  const channels = (await tx.campaigns.channels(campaign.campaignId)).map((known) => known.channel);
  throw new DomainError(
    'NOT_FOUND',
    `Campaign ${campaign.campaignId} does not use ${channel}; it uses ${channels.join(', ')}.`,
    { campaignId: campaign.campaignId, channel, channels },
  );
}

function channelState(
  { campaignId, channel, pauseReasons, settledAt }: CampaignChannel,
  possible: 'pause' | 'resume' | undefined,
): DomainError {
  const state = settledAt !== null ? 'settled' : pauseReasons.length > 0 ? 'paused' : 'running';
  return new DomainError(
    'CAMPAIGN_STATE',
    `The channel ${channel} of campaign ${campaignId} is ${state}; possible now: ${possible ?? 'nothing'}.`,
    { campaignId, channel, state, pauseReasons, possible: possible === undefined ? [] : [possible] },
  );
}

function paceInWords({
  membersPerSecond,
  requestsPerSecond,
}: Pick<CampaignChannel, 'membersPerSecond' | 'requestsPerSecond'>): string {
  const limits = [
    ...(membersPerSecond === null ? [] : [`${membersPerSecond} members/s`]),
    ...(requestsPerSecond === null ? [] : [`${requestsPerSecond} requests/s`]),
  ];
  return limits.length === 0 ? 'no limit' : limits.join(' and ');
}
