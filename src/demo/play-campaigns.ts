/** Campaigns in front of the user: each stage a line as it happens, live progress below, until they have ended. */
import { z } from 'zod';
import { formatCount } from '../cli/format-values.js';
import { CampaignWatch, type CampaignView, type ChannelProgress } from './campaign-watch.js';
import { renderLive, renderReport, type ProgressStyle } from './progress-view.js';
import type { ScenarioContext } from './scenario.js';
import { CHANNEL_WORDS } from './text/progress-text.js';
import { STAGE_TEXT as T } from './text/stage-text.js';

const REDRAW_MS = 200;
const REPORT_MS = 10_000;

/** Resolves with the campaigns in the order asked, once all have ended. */
export async function playCampaigns(
  context: ScenarioContext,
  ids: readonly number[],
): Promise<readonly CampaignView[]> {
  const { api, clock, screen, beside } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const watch = new CampaignWatch(api, clock, ids);
  const drawing = draw({ ...context, signal }, watch);
  const playing = Promise.resolve(beside?.play(watch, signal));
  try {
    const ended = Promise.all([watch.untilEnded(), sayStages({ ...context, signal }, watch, ids)]);
    const [campaigns] = await Promise.race([ended, failureOf(playing)]);
    stop.abort();
    await playing;
    return campaigns;
  } finally {
    stop.abort();
    await Promise.allSettled([drawing, playing]);
    const last = renderLast(context, watch);
    screen.move([]);
    screen.print(...last);
  }
}

/** Rejects when the work does; else it waits for ever. */
const failureOf = (work: Promise<void>): Promise<never> => work.then(() => new Promise<never>(() => undefined));

async function draw(context: ScenarioContext, watch: CampaignWatch): Promise<void> {
  const { screen, clock, beside, signal } = context;
  const style = styleOf(context);
  if (screen.isLive) {
    while (!signal.aborted) {
      screen.move(renderAll(context, watch));
      await clock.sleep(REDRAW_MS, signal);
    }
    return;
  }
  const said = new Set<string>(); // what is done is said once
  for (;;) {
    await clock.sleep(REPORT_MS, signal);
    if (signal.aborted) return;
    const moving = watch.progress().filter((channel) => !said.has(keyOf(channel)));
    screen.print(...renderReport(moving, style), ...(beside === undefined ? [] : [...beside.render(style), '']));
    for (const channel of moving) if (channel.tookMs !== undefined) said.add(keyOf(channel));
  }
}

const styleOf = ({ say, screen }: ScenarioContext): ProgressStyle => ({
  say,
  ink: screen.ink.bind(screen),
  columns: screen.columns,
});

function renderAll(context: ScenarioContext, watch: CampaignWatch): readonly string[] {
  const style = styleOf(context);
  return [...renderLive(watch.progress(), style), ...(context.beside?.render(style) ?? [])];
}

const keyOf = ({ campaign, channel }: ChannelProgress): string => `${campaign}/${channel}`;

/** How it ended, in lines that stay. */
function renderLast(context: ScenarioContext, watch: CampaignWatch): readonly string[] {
  if (context.screen.isLive) return renderAll(context, watch);
  const style = styleOf(context);
  return [...renderReport(watch.progress(), style), ...(context.beside?.render(style) ?? [])];
}

async function sayStages(context: ScenarioContext, watch: CampaignWatch, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    await sayFrozen(context, await watch.until(id, ({ audience }) => audience.members !== null, context.signal));
  }
  for (const id of ids) {
    sayFirstPush(
      context,
      await watch.until(
        id,
        (campaign) => firstHandoverOf(campaign) !== undefined || hasEnded(campaign),
        context.signal,
      ),
    );
  }
  await Promise.all(
    ids.map(async (id) => {
      sayLastOutcome(context, await watch.until(id, hasEnded, context.signal));
    }),
  );
}

const moves = z.object({ items: z.array(z.object({ at: z.string(), move: z.string() })) });

async function sayFrozen(
  { api, stages, say }: ScenarioContext,
  { id, name, audience, launchedAt }: CampaignView,
): Promise<void> {
  const { items } = (await api.get(`/v1/campaigns/${id}/history`)).read(moves);
  const frozen = items.find(({ move }) => move === 'frozen');
  const text = say(T.frozen, name, {
    members: formatCount(audience.members ?? 0),
    buckets: formatCount(audience.buckets ?? 0),
  });
  stages.done(say(T.audience), text, spanBetween(launchedAt, frozen?.at ?? null));
}

function sayFirstPush({ stages, say }: ScenarioContext, campaign: CampaignView): void {
  const first = firstHandoverOf(campaign);
  if (first === undefined) return; // nobody could be told
  const text = say(T.firstPush, campaign.name, say(CHANNEL_WORDS[first.channel]));
  stages.done(say(T.push), text, spanBetween(campaign.launchedAt, first.at));
}

function sayLastOutcome({ stages, say }: ScenarioContext, campaign: CampaignView): void {
  const last = campaign.channels
    .flatMap(({ lastOutcomeAt }) => lastOutcomeAt ?? [])
    .sort()
    .at(-1);
  const pairs = campaign.channels.length * (campaign.audience.members ?? 0);
  const text = say(T.lastOutcome, campaign.name, formatCount(pairs));
  stages.done(say(T.outcomes), text, spanBetween(campaign.launchedAt, last ?? campaign.endedAt));
}

function firstHandoverOf({
  channels,
}: CampaignView): { readonly channel: CampaignView['channels'][number]['channel']; readonly at: string } | undefined {
  return channels
    .flatMap(({ channel, firstHandoverAt }) => (firstHandoverAt === null ? [] : [{ channel, at: firstHandoverAt }]))
    .sort((left, right) => Date.parse(left.at) - Date.parse(right.at))[0];
}

const hasEnded = ({ endedAt }: CampaignView): boolean => endedAt !== null;

const spanBetween = (from: string | null, to: string | null): number | undefined =>
  from === null || to === null ? undefined : Date.parse(to) - Date.parse(from);
