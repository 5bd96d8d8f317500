/**
 * A coupon for a group: members with no active days are told that they may claim it, and claim it themselves, against
 * stock. The coupon is for the frozen audience of the campaign that tells of it, and for nobody else.
 */
import { formatCount } from '../../cli/format-values.js';
import { COUPON_TEXT } from '../../cli/text/coupon-text.js';
import { playCampaigns } from '../play-campaigns.js';
import type { Scenario, ScenarioContext } from '../scenario.js';
import { showBooks } from '../show-books.js';
import { showTally } from '../show-tally.js';
import { COUPON_DEMO_TEXT as T } from '../text/coupon-demo-text.js';
import { draftCampaign, openCampaign } from './coupon-campaign.js';
import {
  auditDifferences,
  claimFor,
  countInWallets,
  openCoupon,
  readCoupon,
  someMembers,
  withOne,
} from './coupon-steps.js';
import { claimInFront } from './claim-in-front.js';

const SLEEPING = 'activeDays = 0';
const AWAKE = 'activeDays > 0';
const CLAIMING = 2_000;
const STRANGERS = 200;
/** Of those who claim, so many can have one. */
const STOCK_SHARE = 0.75;
const CAMPAIGN = {
  name: T.groupCampaign,
  audience: { kind: 'filter', where: SLEEPING },
  body: T.groupBody,
  channels: ['inbox', 'sms'],
} as const;

export const couponGroup: Scenario = {
  name: 'coupon-group',
  summary: T.groupSummary,
  play: async (context) => {
    const { say } = context;
    const campaign = await draftCampaign(context, CAMPAIGN);
    const claiming = await someMembers(context, { where: SLEEPING, count: CLAIMING });
    const stock = Math.ceil(claiming.length * STOCK_SHARE);
    const { id } = await openCoupon(context, {
      name: T.groupCoupon,
      terms: {
        issue: 'selfClaim',
        rule: { kind: 'directCut', cutMinor: '3000' },
        audience: { kind: 'campaign', campaignId: campaign.id },
        stock,
      },
    });
    if (campaign.state === 'draft') await claimEarly(context, id, claiming);
    const campaigns = await playCampaigns(context, [await openCampaign(context, CAMPAIGN)]);
    const strangers = await claimAsStrangers(context, id);
    const { holders, refused } = await claimInFront(context, id, claiming);
    const looked = await countInWallets(context, { couponId: id, memberIds: [...holders].slice(0, STRANGERS) });
    const { granted } = await readCoupon(context, id);
    const differences = [
      ...(await showBooks(context, campaigns)),
      ...showTally(context, [
        { what: T.granted, counted: holders.size, books: granted },
        { what: T.stock, counted: holders.size, books: stock },
        { what: T.soldOut, counted: countOf(refused, 'soldOut'), books: claiming.length - granted },
        { what: T.notEligible, counted: strangers.refused, books: strangers.asked },
        { what: T.holders, counted: looked.length, books: withOne(looked) },
        { what: T.auditDifferences, counted: 0, books: await auditDifferences(context) },
      ]),
    ];
    return {
      differences,
      agrees: T.agrees,
      next: [
        [say(T.nextCoupon), `coupons show ${id}`],
        [say(T.nextWallet), `members coupons ${[...holders][0] ?? ''}`],
      ],
    };
  },
};

/** One of the group is too fast: who may claim is not fixed yet. */
async function claimEarly(context: ScenarioContext, id: number, claiming: readonly string[]): Promise<void> {
  const { refused } = await claimFor(context, id, claiming.slice(0, 1));
  const [outcome = 'granted'] = refused.values();
  const words = COUPON_TEXT.outcomes[outcome];
  const { stages, say } = context;
  stages.done(say(T.earlyStage), say(T.early, words === undefined ? outcome : say(words)), undefined);
}

async function claimAsStrangers(
  context: ScenarioContext,
  id: number,
): Promise<{ readonly asked: number; readonly refused: number }> {
  const { stages, say, clock } = context;
  const strangers = await someMembers(context, { where: AWAKE, count: STRANGERS });
  const startedMs = clock.monotonicMs();
  const { refused } = await claimFor(context, id, strangers);
  const spanMs = clock.monotonicMs() - startedMs;
  stages.done(say(T.strangersStage), say(T.strangersClaimed, formatCount(strangers.length)), spanMs);
  // At a second start the stock is gone, and that is what everybody without one is told first.
  return { asked: strangers.length, refused: countOf(refused, 'notEligible') + countOf(refused, 'soldOut') };
}

const countOf = (refused: ReadonlyMap<string, string>, outcome: string): number =>
  [...refused.values()].filter((each) => each === outcome).length;
