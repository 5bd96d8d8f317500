/**
 * A coupon for everybody, given lazily: one row is written, a campaign tells of it, and whoever logs in has it, once,
 * however often the same login is told; so has whoever only looks at the wallet.
 */
import { formatCount } from '../../cli/format-values.js';
import { playCampaigns } from '../play-campaigns.js';
import type { Scenario, ScenarioContext } from '../scenario.js';
import { showBooks } from '../show-books.js';
import { showTally } from '../show-tally.js';
import { COUPON_DEMO_TEXT as T } from '../text/coupon-demo-text.js';
import { openCampaign } from './coupon-campaign.js';
import {
  auditDifferences,
  countInWallets,
  DELIVERIES,
  logIn,
  openCoupon,
  readCoupon,
  someMembers,
  withOne,
} from './coupon-steps.js';

const VISITORS = 5_000;
const LOOKERS = 200;
const OFFER = {
  name: T.everyoneCoupon,
  terms: {
    issue: 'platform',
    rule: { kind: 'fullReduction', tiers: [{ thresholdMinor: '9900', reductionMinor: '2000' }] },
  },
} as const;

export const couponEveryone: Scenario = {
  name: 'coupon-everyone',
  summary: T.everyoneSummary,
  play: async (context) => {
    const { say } = context;
    const { id } = await openCoupon(context, OFFER);
    const campaignId = await openCampaign(context, {
      name: T.everyoneCampaign,
      audience: { kind: 'everybody' },
      body: T.everyoneBody,
      channels: ['inbox'],
    });
    const campaigns = await playCampaigns(context, [campaignId]);
    const people = await someMembers(context, { count: VISITORS + LOOKERS });
    const lookers = people.slice(-Math.min(LOOKERS, Math.ceil(people.length / 10)));
    const visitors = people.slice(0, people.length - lookers.length);
    await visit(context, visitors);
    const looked = await look(context, id, lookers);
    const seen = await countInWallets(context, { couponId: id, memberIds: visitors.slice(0, LOOKERS) });
    const differences = [
      ...(await showBooks(context, campaigns)),
      ...showTally(context, [
        { what: T.granted, counted: people.length, books: (await readCoupon(context, id)).granted },
        { what: T.holders, counted: looked.length + seen.length, books: withOne([...looked, ...seen]) },
        { what: T.auditDifferences, counted: 0, books: await auditDifferences(context) },
      ]),
    ];
    return {
      differences,
      agrees: T.agrees,
      next: [
        [say(T.nextCoupon), `coupons show ${id}`],
        [say(T.nextWallet), `members coupons ${people[0] ?? ''}`],
      ],
    };
  },
};

async function visit(context: ScenarioContext, visitors: readonly string[]): Promise<void> {
  const { stages, say, clock } = context;
  const startedMs = clock.monotonicMs();
  await logIn(context, visitors);
  const messages = formatCount(visitors.length * DELIVERIES);
  const spanMs = clock.monotonicMs() - startedMs;
  stages.done(say(T.loginStage), say(T.loggedIn, formatCount(visitors.length), messages), spanMs);
}

async function look(
  context: ScenarioContext,
  couponId: number,
  lookers: readonly string[],
): Promise<readonly number[]> {
  const { stages, say, clock } = context;
  const startedMs = clock.monotonicMs();
  const counts = await countInWallets(context, { couponId, memberIds: lookers, looks: 2 });
  stages.done(say(T.walletStage), say(T.looked, formatCount(lookers.length)), clock.monotonicMs() - startedMs);
  return counts;
}
