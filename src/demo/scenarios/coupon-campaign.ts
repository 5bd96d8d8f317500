/** The campaign that tells members of a coupon, and what of it an earlier start has done. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Wording } from '../../cli/wording.js';
import type { Channel } from '../../core/channels.js';
import type { ScenarioContext } from '../scenario.js';
import { dryRunOf, launchOn } from './launch-draft.js';

export interface CouponCampaign {
  readonly name: Wording;
  readonly audience: Readonly<Record<string, unknown>>;
  readonly body: Wording;
  readonly channels: readonly Channel[];
}

const campaignItem = z.object({ id: z.int(), name: z.string(), state: z.string() });
const campaignPage = z.object({ items: z.array(campaignItem) });
type CampaignItem = z.output<typeof campaignItem>;

/** Drafted where it is not there yet. */
export async function draftCampaign(context: ScenarioContext, campaign: CouponCampaign): Promise<CampaignItem> {
  const { api, say } = context;
  const names: readonly string[] = Object.values(campaign.name);
  const { items } = (await api.get('/v1/campaigns', { limit: 200 })).read(campaignPage);
  const known = items.findLast(({ name }) => names.includes(name));
  if (known !== undefined) return known;
  const message = { title: say(campaign.name), body: say(campaign.body) };
  const draft = {
    name: say(campaign.name),
    audience: campaign.audience,
    channels: campaign.channels.map((channel) => ({
      channel,
      message: channel === 'inbox' ? message : { body: message.body },
    })),
  };
  return (await api.post('/v1/campaigns', draft, randomUUID())).read(campaignItem);
}

/** Launched where it is not yet; answers its id. */
export async function openCampaign(context: ScenarioContext, campaign: CouponCampaign): Promise<number> {
  const { id, state } = await draftCampaign(context, campaign);
  if (state === 'draft') await launchOn(context, id, await dryRunOf(context, id));
  return id;
}
