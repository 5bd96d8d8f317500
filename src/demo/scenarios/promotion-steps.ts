/** The requests of the promotion scenario, as any client of the API would make them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { formatCount } from '../../cli/format-values.js';
import { assert } from '../../core/assert.js';
import { addMs, DAY_MS, formatInstant } from '../../core/time.js';
import { TOPICS } from '../../core/topics.js';
import { STARTER_TEMPLATES } from '../../message/starter-templates.js';
import type { Channel } from '../../core/channels.js';
import type { DemoApi } from '../demo-api.js';
import { DemoFailure } from '../demo-failure.js';
import type { ScenarioContext } from '../scenario.js';
import { SCENARIO_TEXT as T } from '../text/scenario-text.js';
import { dryRunOf, launchOn } from './launch-draft.js';

/** What there is of the scenario in a folder. */
export interface Played {
  readonly promotionId: number;
  /** To everybody. */
  readonly campaignId: number;
  /** Undefined where the second campaign has not been launched yet. */
  readonly topLevelsCampaignId: number | undefined;
}

/** The two top levels, about 2 % of the members. */
export const TOP_LEVELS = 'level in (4,5)';

const EVENT_TIMEOUT_MS = 30_000;
const EVENT_POLL_MS = 2;

const promotionItem = z.object({ id: z.int(), name: z.string(), campaignId: z.int().nullable() });
const campaignItem = z.object({ id: z.int(), name: z.string(), state: z.string(), promotionId: z.int().nullable() });
const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });

/** Looks for what an earlier run has made, by its names in either language. */
export async function findEarlier(api: DemoApi): Promise<Played | undefined> {
  const promotions = (await api.get('/v1/promotions', { limit: 200 })).read(pageOf(promotionItem)).items;
  const names: readonly string[] = Object.values(T.promotionName);
  // The oldest: a person may have stored a promotion of the same name beside it.
  const promotion = promotions.findLast(({ name, campaignId }) => names.includes(name) && campaignId !== null);
  if (promotion === undefined || promotion.campaignId === null) return undefined;
  const campaigns = (await api.get('/v1/campaigns', { limit: 200 })).read(pageOf(campaignItem)).items;
  const ofTopLevels: readonly string[] = Object.values(T.topLevelsName);
  const topLevels = campaigns.findLast(
    ({ name, state, promotionId }) => promotionId === promotion.id && ofTopLevels.includes(name) && state !== 'draft',
  );
  return { promotionId: promotion.id, campaignId: promotion.campaignId, topLevelsCampaignId: topLevels?.id };
}

/** Stores the promotion with the campaign to everybody, and reads the event that tells other systems of it. */
export async function storePromotion(context: ScenarioContext): Promise<Played> {
  const { api, events, stages, say, clock } = context;
  await events.subscribe(TOPICS.promotionCreated);
  const startsAt = clock.now();
  const startedMs = clock.monotonicMs();
  const answer = await api.post(
    '/v1/promotions',
    {
      name: say(T.promotionName),
      rule: { kind: 'fullReduction', tiers: [{ thresholdMinor: '30000', reductionMinor: '4000' }], isRepeating: true },
      currency: 'CNY',
      startsAt: formatInstant(startsAt),
      endsAt: formatInstant(addMs(startsAt, 3 * DAY_MS)),
      announce: {
        name: say(T.everybodyName),
        audience: { kind: 'everybody' },
        channels: [channelOf('inbox', context), channelOf('sms', context)],
      },
    },
    randomUUID(),
  );
  const promotion = answer.read(promotionItem);
  assert(promotion.campaignId !== null, 'an announced promotion has a campaign');
  stages.done(say(T.promotionStage), say(T.promotionStored, promotion.name), clock.monotonicMs() - startedMs);
  await readEvent(context, promotion.id);
  return { promotionId: promotion.id, campaignId: promotion.campaignId, topLevelsCampaignId: undefined };
}

async function readEvent({ events, stages, say, clock, signal }: ScenarioContext, promotionId: number): Promise<void> {
  const topic = TOPICS.promotionCreated;
  const startedMs = clock.monotonicMs();
  for (;;) {
    const bodies = await events.read(topic);
    const spanMs = clock.monotonicMs() - startedMs;
    if (bodies.some((body) => body['promotionId'] === promotionId)) {
      stages.done(say(T.eventStage), say(T.eventRead, events.nameOf(topic), events.group), spanMs);
      return;
    }
    if (spanMs > EVENT_TIMEOUT_MS) throw new DemoFailure(T.eventMissing);
    await clock.sleep(EVENT_POLL_MS, signal);
    signal.throwIfAborted();
  }
}

/** Drafts the campaign to the two top levels, counts what a launch would do, and launches it on that. */
export async function launchToTopLevels(context: ScenarioContext, promotionId: number): Promise<number> {
  const { api, stages, say } = context;
  const draft = {
    name: say(T.topLevelsName),
    promotionId,
    audience: { kind: 'filter', where: TOP_LEVELS },
    channels: [channelOf('email', context), channelOf('app', context)],
  };
  const { id } = (await api.post('/v1/campaigns', draft, randomUUID())).read(campaignItem);
  const dryRun = await dryRunOf(context, id);
  const reached = dryRun.channels.map(({ reach }) => formatCount(reach.members));
  stages.done(
    say(T.dryRunStage),
    say(T.dryRunCounted, formatCount(dryRun.memberCount), { email: reached[0] ?? '', app: reached[1] ?? '' }),
    dryRun.spanMs,
  );
  await launchOn(context, id, dryRun);
  return id;
}

function channelOf(channel: Channel, { language }: ScenarioContext): object {
  const template = STARTER_TEMPLATES.find((each) => each.id === `promotion-${channel}-${language}`);
  assert(template !== undefined, `there is a starter template for ${channel} in ${language}`);
  return { channel, message: template.message };
}
