import { z } from 'zod';
import { campaignId, type CampaignId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { formatInstant } from '../../core/time.js';
import { campaignFunnel, type CampaignFunnel, type FunnelTx } from '../../coupon/audience/campaign-funnel.js';
import type { HttpApp } from '../http-app.js';
import { amountOutput, idOutput, idParameter, instantOutput } from '../schemas.js';

export interface FunnelRoutesDeps<Tx extends FunnelTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
}

const members = z.int().nonnegative();

const funnelOutput = z
  .object({
    campaignId: idOutput,
    couponId: idOutput,
    countedAt: instantOutput,
    told: members.describe('Sent to on at least one channel'),
    claimed: members.describe('Of those: who holds one, whatever became of it'),
    locked: members.describe('Who has one with an order, paid or not'),
    redeemed: members,
    discountMinor: amountOutput.describe('Of all that they have redeemed'),
    currency: z.string(),
  })
  .meta({ id: 'CampaignFunnel' });

/** What became of a coupon among those whom a campaign told of it. Counted once for all who ask at one moment. */
export function registerFunnelRoutes<Tx extends FunnelTx>(app: HttpApp, deps: FunnelRoutesDeps<Tx>): void {
  const counting = new Map<CampaignId, Promise<CampaignFunnel>>();
  const countOnce = (id: CampaignId): Promise<CampaignFunnel> => {
    const known = counting.get(id) ?? campaignFunnel(deps, id).finally(() => counting.delete(id));
    counting.set(id, known);
    return known;
  };
  app.get(
    '/v1/campaigns/:id/funnel',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['campaigns'],
        summary: 'Told, claimed, locked, redeemed, discount given: what a campaign made of its coupon',
        description: 'Counted over the books when it is asked for; a million members take some seconds.',
        params: z.strictObject({ id: idParameter }),
        response: { 200: funnelOutput },
      },
    },
    async ({ params }) => renderFunnel(await countOnce(campaignId(params.id))),
  );
}

const renderFunnel = ({
  coupon,
  countedAt,
  discountMinor,
  ...counts
}: CampaignFunnel): z.output<typeof funnelOutput> => ({
  ...counts,
  couponId: coupon.id,
  countedAt: formatInstant(countedAt),
  discountMinor: discountMinor.toString(),
  currency: coupon.currency,
});
