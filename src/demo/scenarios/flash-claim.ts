/**
 * Too few coupons: twice as many members as there are claim at the same moment, each twice. Exactly the stock is given,
 * one each; then stock is added while they ask again.
 */
import { formatCount } from '../../cli/format-values.js';
import { couponAnswer } from '../../cli/coupon-view.js';
import type { Scenario, ScenarioContext } from '../scenario.js';
import { showTally } from '../show-tally.js';
import { COUPON_DEMO_TEXT as T } from '../text/coupon-demo-text.js';
import { claimInFront } from './claim-in-front.js';
import { auditDifferences, countInWallets, openCoupon, readCoupon, someMembers, withOne } from './coupon-steps.js';

const MAX_STOCK = 5_000;
const CLAIMERS_PER_COUPON = 2;
/** Of the members, so many claim at most. */
const CLAIMER_SHARE = 0.5;
const MORE_SHARE = 0.1;
const LOOKED_AT = 200;

export const flashClaim: Scenario = {
  name: 'flash-claim',
  summary: T.flashSummary,
  play: async (context) => {
    const { say } = context;
    const everybody = await someMembers(context, { count: (MAX_STOCK * CLAIMERS_PER_COUPON) / CLAIMER_SHARE });
    const claiming = everybody.slice(0, Math.ceil(everybody.length * CLAIMER_SHARE));
    const first = Math.ceil(claiming.length / CLAIMERS_PER_COUPON);
    const { id } = await openCoupon(context, {
      name: T.flashCoupon,
      terms: { issue: 'selfClaim', rule: { kind: 'directCut', cutMinor: '5000' }, stock: first },
    });
    await claimInFront(context, id, claiming);
    const stock = first + Math.ceil(first * MORE_SHARE);
    await raiseStock(context, id, { stock, more: stock - first });
    const { holders, refused } = await claimInFront(context, id, claiming);
    const looked = await countInWallets(context, { couponId: id, memberIds: [...holders].slice(0, LOOKED_AT) });
    const { granted } = await readCoupon(context, id);
    const differences = showTally(context, [
      { what: T.granted, counted: holders.size, books: granted },
      { what: T.stock, counted: holders.size, books: Math.min(stock, claiming.length) },
      { what: T.soldOut, counted: refused.size, books: claiming.length - granted },
      { what: T.holders, counted: looked.length, books: withOne(looked) },
      { what: T.auditDifferences, counted: 0, books: await auditDifferences(context) },
    ]);
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

async function raiseStock(
  { api, stages, say, clock }: ScenarioContext,
  id: number,
  { stock, more }: { readonly stock: number; readonly more: number },
): Promise<void> {
  const startedMs = clock.monotonicMs();
  (await api.put(`/v1/coupons/${id}/stock`, { stock })).read(couponAnswer);
  stages.done(say(T.stockStage), say(T.stockRaised, formatCount(more)), clock.monotonicMs() - startedMs);
}
