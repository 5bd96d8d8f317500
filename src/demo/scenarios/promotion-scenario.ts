/**
 * A promotion that every member hears of: it is stored with a campaign to everybody by inbox and SMS in one transaction,
 * then a second campaign tells the two top levels by e-mail and app push, on a dry run. Whatever of it an earlier run
 * has done is shown, not done again.
 */
import { playCampaigns } from '../play-campaigns.js';
import type { Scenario } from '../scenario.js';
import { showBooks } from '../show-books.js';
import { showMail } from '../show-mail.js';
import { showMember } from '../show-member.js';
import { SCENARIO_TEXT as T } from '../text/scenario-text.js';
import { TOP_LEVELS, findEarlier, launchToTopLevels, storePromotion } from './promotion-steps.js';

export const promotionScenario: Scenario = {
  name: 'promotion',
  summary: T.summary,
  play: async (context) => {
    const earlier = await findEarlier(context.api);
    const everybody = earlier ?? (await storePromotion(context));
    const topLevels = everybody.topLevelsCampaignId ?? (await launchToTopLevels(context, everybody.promotionId));
    const campaigns = await playCampaigns(context, [everybody.campaignId, topLevels]);
    const differences = await showBooks(context, campaigns);
    const memberId = await showMember(context, TOP_LEVELS);
    showMail(context);
    const id = everybody.campaignId;
    const { say } = context;
    return {
      differences,
      next: [
        [say(T.nextFailed), `campaign members ${id} --channel sms --outcome failed`],
        ...(memberId === undefined ? [] : [[say(T.nextRecord), `record ${memberId}`] as const]),
        [say(T.nextAgain), `campaign send-again ${id} --channel sms`],
      ],
    };
  },
};
