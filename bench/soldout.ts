/**
 * A sold-out coupon that everybody still asks for: claims of members who hold none, refused from memory, in this process.
 * Baseline: claims that are granted, against stock, over the same store in the same run; the aim is ten times as many.
 *
 * What it does not show: HTTP, where parsing a request costs more than either; and holders who ask again, who are looked
 * up in the store.
 */
import { ordinal, type CouponId } from '../src/core/ids.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { openEngine } from './support/cluster-node.js';
import { addClaimants, claimAll, grantsOf, makeCoupon, type CouponEngine } from './support/coupons.js';
import { inRounds } from './support/rounds.js';

export const soldout: Bench = {
  name: 'soldout',
  about: 'claims that are refused because the stock is gone, beside claims that are granted',
  run,
};

const CALLERS = 1_000;
const REFUSALS_PER_MEMBER = 5;
const AIM = 10;

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const members = options.numberOf('members', 100_000);
  const rounds = await inRounds(options, {
    otherwise: 3,
    measure: async (cleanUp) => {
      const { engine } = await openEngine({ channels: {} }, cleanUp);
      await addClaimants(engine, members + 1); // one comes too late
      const id = await makeCoupon(engine, { issue: 'selfClaim', stock: members });
      const claims = await claimAll(engine, { id, members, callers: CALLERS });
      await untilRefusedFromMemory(engine, id, members);
      const from = members + 1;
      const refusals = await claimAll(engine, { id, members: members * REFUSALS_PER_MEMBER, callers: CALLERS, from });
      const { holders, counted } = await grantsOf(engine, id);
      if (holders !== members || counted !== members) throw new Error(`${holders} hold it, of ${members}.`);
      return { claims, refusals };
    },
  });
  const claims = rounds.of((round) => round.claims.perSecond);
  const refusals = rounds.of((round) => round.refusals.perSecond);
  return [
    figureOf(
      'refusals, against the aim',
      'claims/s',
      refusals,
      claims.map((rate) => rate * AIM),
    ),
    figureOf('refusals, against claims granted', 'claims/s', refusals, claims),
  ];
}

/** A member without one asks until memory knows that it is sold out. */
async function untilRefusedFromMemory({ coupons, clock }: CouponEngine, id: CouponId, member: number): Promise<void> {
  while (!new Map(coupons.claimFigures()).has('refusedFromMemory')) {
    const [answer] = await coupons.claim(id, [{ ordinal: ordinal(member), request: undefined }]);
    if (answer?.outcome !== 'soldOut')
      throw new Error(`A claim beyond the stock was answered ${String(answer?.outcome)}.`);
    await clock.sleep(1);
  }
}
