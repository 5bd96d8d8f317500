import { DomainError } from '../core/errors.js';
import type { CampaignId } from '../core/ids.js';
import { isAudienceDoubt, isEnded, shownState, type Campaign } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';

/** What a person can ask of a campaign, as named in errors. */
export type CampaignAction =
  | 'edit'
  | 'dryRun'
  | 'launch'
  | 'pause'
  | 'resume'
  | 'confirm'
  | 'changePace'
  | 'pauseChannel'
  | 'resumeChannel'
  | 'cancel'
  | 'sendAgain';

/** What is possible with a campaign as it is now. */
export function possibleActions(campaign: Pick<Campaign, 'state' | 'pauseReasons'>): readonly CampaignAction[] {
  const { state, pauseReasons } = campaign;
  if (state === 'draft') return ['edit', 'dryRun', 'launch', 'cancel'];
  if (isEnded(state)) return ['sendAgain'];
  if (state === 'cancelling') return [];
  return [
    ...(pauseReasons.includes('person') ? (['resume'] as const) : (['pause'] as const)),
    ...(pauseReasons.some(isAudienceDoubt) ? (['confirm'] as const) : []),
    'changePace',
    'pauseChannel',
    'resumeChannel',
    'cancel',
    ...(state === 'running' ? (['sendAgain'] as const) : []),
  ];
}

/** @throws DomainError `CAMPAIGN_STATE` naming the present state and what is possible, unless the action is. */
export function requireAction(campaign: Campaign, action: CampaignAction): void {
  const possible = possibleActions(campaign);
  if (possible.includes(action)) return;
  const state = shownState(campaign);
  throw new DomainError(
    'CAMPAIGN_STATE',
    `Campaign ${campaign.campaignId} is ${state}, so ${action} is not possible; ` +
      (possible.length === 0 ? 'wait until it has ended.' : `possible now: ${possible.join(', ')}.`),
    { campaignId: campaign.campaignId, state, pauseReasons: campaign.pauseReasons, action, possible },
  );
}

/** @throws DomainError `NOT_FOUND`. */
export const getCampaign = async (
  tx: { readonly campaigns: Pick<CampaignRepository, 'find'> },
  campaignId: CampaignId,
): Promise<Campaign> => requireFound(await tx.campaigns.find(campaignId), campaignId);

/** For whoever changes it: nobody else does before this transaction has ended. @throws DomainError `NOT_FOUND`. */
export const lockCampaign = async (
  tx: { readonly campaigns: Pick<CampaignRepository, 'lock'> },
  campaignId: CampaignId,
): Promise<Campaign> => requireFound(await tx.campaigns.lock(campaignId), campaignId);

function requireFound(campaign: Campaign | undefined, campaignId: CampaignId): Campaign {
  if (campaign === undefined) {
    throw new DomainError('NOT_FOUND', `There is no campaign ${campaignId}; list them to find its number.`, {
      campaignId,
    });
  }
  return campaign;
}
