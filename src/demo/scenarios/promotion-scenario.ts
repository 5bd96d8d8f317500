/**
 * A promotion that every member hears of: it is stored with a campaign to everybody by inbox and SMS in one transaction,
 * then a second campaign tells the two top levels by e-mail and app push, on a dry run. Whatever of it an earlier run
 * has done is shown, not done again.
 */
import { playCampaigns } from '../play-campaigns.js';
import type { Scenario } from '../scenario.js';
import { showBooks } from '../show-books.js';
import { SCENARIO_TEXT as T } from '../text/scenario-text.js';
import { findEarlier, launchToTopLevels, storePromotion } from './promotion-steps.js';

export const promotionScenario: Scenario = {
  name: 'promotion',
  summary: T.summary,
  play: async (context) => {
    const earlier = await findEarlier(context.api);
    const everybody = earlier ?? (await storePromotion(context));
    const topLevels = everybody.topLevelsCampaignId ?? (await launchToTopLevels(context, everybody.promotionId));
    const campaigns = await playCampaigns(context, [everybody.campaignId, topLevels]);
    const differences = await showBooks(context, campaigns);
    return { differences, next: [] };
  },
};
