import { z } from 'zod';
import { path } from '../api-client.js';
import { command } from '../command-spec.js';
import { campaignIdArgument } from '../common-options.js';
import { formatAmount, formatCount } from '../format-values.js';
import { renderPairs } from '../tables.js';
import { CAMPAIGN_TEXT as T } from '../text/campaign-text.js';

const funnelAnswer = z.object({
  couponId: z.int(),
  told: z.int(),
  claimed: z.int(),
  locked: z.int(),
  redeemed: z.int(),
  discountMinor: z.string(),
  currency: z.string(),
});

export const showFunnel = command({
  name: 'funnel',
  summary: T.funnel,
  args: { id: campaignIdArgument },
  options: {},
  examples: ['fanfare campaign funnel 7'],
  run: async (context, { args: { id } }) => {
    const answer = await context.api().get(path`/v1/campaigns/${id}/funnel`);
    const funnel = answer.read(funnelAnswer);
    const { say } = context;
    await context.result(answer.document, () =>
      renderPairs([
        [say(T.funnelTold), formatCount(funnel.told)],
        [say(T.funnelClaimed), formatCount(funnel.claimed)],
        [say(T.funnelLocked), formatCount(funnel.locked)],
        [say(T.funnelRedeemed), formatCount(funnel.redeemed)],
        [say(T.funnelDiscount), formatAmount(funnel.discountMinor, funnel.currency)],
      ]),
    );
    context.next(`fanfare coupons show ${funnel.couponId}`);
  },
});
