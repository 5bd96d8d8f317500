import { isAudienceDoubt, isEnded, type Campaign } from '../../campaign/campaign.js';
import type { Audience } from '../../campaign/audience.js';
import type { CampaignId } from '../../core/ids.js';
import type { CouponTx } from '../coupon-repository.js';

/** Whom a campaign tells, for coupons that are for them only. */
export type CampaignAudience =
  | { readonly kind: 'fixed'; readonly audience: Audience }
  /** The campaign was not launched, its audience is not frozen yet, or its size is in doubt and not confirmed. */
  | { readonly kind: 'notYet' }
  /** It ended before that. */
  | { readonly kind: 'never' };

export interface CampaignAudienceTx {
  readonly campaigns: Pick<CouponTx['campaigns'], 'find' | 'moves'>;
  readonly audiences: Pick<CouponTx['audiences'], 'find'>;
}

/**
 * An audience counts once its campaign may tell it: a draft can still choose another, and one that came out larger than
 * whoever launched it expected shall no more be given to than told.
 */
export async function campaignAudience(tx: CampaignAudienceTx, campaignId: CampaignId): Promise<CampaignAudience> {
  const campaign = await tx.campaigns.find(campaignId);
  if (campaign === undefined) return { kind: 'notYet' };
  const isOver = campaign.state === 'cancelling' || isEnded(campaign.state);
  if (campaign.state !== 'running' && !isOver) return { kind: 'notYet' };
  const audience = await confirmedAudience(tx, campaign, isOver);
  if (audience !== undefined) return { kind: 'fixed', audience };
  return { kind: isOver ? 'never' : 'notYet' };
}

async function confirmedAudience(
  tx: CampaignAudienceTx,
  campaign: Campaign,
  isOver: boolean,
): Promise<Audience | undefined> {
  if (campaign.pauseReasons.some(isAudienceDoubt)) return undefined;
  const audience = await tx.audiences.find(campaign.audienceId);
  if (audience === undefined || audience.frozenAt === null) return undefined;
  if (!isOver || audience.definition.kind !== 'list') return audience;
  // A list is frozen when it is chosen: whether its campaign ever ran is in the campaign's own record.
  const moves = await tx.campaigns.moves(campaign.campaignId);
  return moves.some(({ move }) => move === 'frozen') ? audience : undefined;
}
