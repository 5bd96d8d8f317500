import { CAMPAIGN_STATES } from '../../campaign/campaign.js';
import { path } from '../api-client.js';
import { campaignAnswer, campaignPage, dryRunAnswer, movesAnswer, type DryRunAnswer } from '../campaign-answers.js';
import { definedOf } from '../campaign-options.js';
import { heldBackBy, renderCampaign, renderCampaigns, renderDryRun } from '../campaign-view.js';
import type { CliContext } from '../cli-context.js';
import { BadNews } from '../cli-errors.js';
import { command, option } from '../command-spec.js';
import { campaignIdArgument, cursorOption, idempotencyKeyOption, limitOption, time } from '../common-options.js';
import { formatCount, formatTime } from '../format-values.js';
import { choice, flag, required, rowId, single, wholeNumber } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { renderTable } from '../tables.js';
import { CAMPAIGN_TEXT as T } from '../text/campaign-text.js';
import { GENERAL_TEXT } from '../text/general-text.js';
import { watchCampaign } from '../watch-campaign.js';

const anyCount = wholeNumber(0, Number.MAX_SAFE_INTEGER);

export const dryRunCampaign = command({
  name: 'dry-run',
  summary: T.dryRun,
  details: T.dryRunDetails,
  args: { id: campaignIdArgument },
  options: { at: option('--at <time>', T.at, single(time)) },
  examples: ['fanfare campaign dry-run 7', 'fanfare campaign dry-run 7 --at "2027-06-01 09:00"'],
  run: async (context, { args: { id }, options }) => {
    const answer = await makeDryRun(context, id, options.at);
    const dryRun = answer.read(dryRunAnswer);
    await context.result(answer.document, () => renderDryRun(dryRun, context));
    context.next(launchLine(id, dryRun, options.at));
  },
});

/** The launch that rests on a dry run. */
function launchLine(
  id: number,
  { dryRunId, memberCount, expiringCount }: DryRunAnswer,
  at: string | undefined,
): string {
  const expiring = expiringCount === 0 ? '' : ` --confirm-expiring=${expiringCount}`;
  const time = at === undefined ? '' : ` --at ${at}`;
  return `fanfare campaign launch ${id} --dry-run ${dryRunId} --confirm=${memberCount}${expiring}${time}`;
}

const makeDryRun = (context: CliContext, id: number, launchAt: string | undefined) =>
  context.api().post(path`/v1/campaigns/${id}/dry-runs`, { body: definedOf({ launchAt }) });

export const launchCampaign = command({
  name: 'launch',
  summary: T.launch,
  details: T.launchDetails,
  args: { id: campaignIdArgument },
  options: {
    confirm: option('--confirm <n>', T.confirmMembers, required(anyCount)),
    dryRun: option('--dry-run <id>', T.dryRunId, single(rowId)),
    confirmExpiring: option('--confirm-expiring <n>', T.confirmExpiring, single(anyCount)),
    at: option('--at <time>', T.at, single(time)),
    watch: option('--watch', T.thenWatch, flag()),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: [
    'fanfare campaign launch 7 --dry-run 3 --confirm=980000',
    'fanfare campaign launch 7 --confirm=980000 --watch',
    'fanfare campaign launch 7 --confirm=980000 --at 2027-06-01T09:00:00+08:00',
  ],
  run: async (context, { args: { id }, options }) => {
    const { confirm, confirmExpiring, at } = options;
    const dryRunId = options.dryRun ?? (await countAgain(context, { id, confirm, confirmExpiring, at }));
    const answer = await context.api().post(path`/v1/campaigns/${id}/launch`, {
      body: { dryRunId, confirm, ...definedOf({ confirmExpiring, launchAt: at }) },
      idempotencyKey: options.idempotencyKey ?? context.newKey(),
    });
    const campaign = answer.read(campaignAnswer);
    const { say } = context;
    const isScheduled = campaign.state === 'scheduled' && campaign.launchAt !== null;
    if (!options.watch) await context.result(answer.document, () => renderCampaign(campaign, context));
    context.note(isScheduled ? say(T.scheduled, id, formatTime(campaign.launchAt)) : say(T.launched, id));
    if (options.watch) await watchCampaign(context, id);
    else context.next(`fanfare campaign watch ${id}`, `fanfare campaign pause ${id}`);
  },
});

/** A new dry run, when it counts what the person confirms. @throws BadNews after saying what it counts. */
async function countAgain(
  context: CliContext,
  wanted: {
    readonly id: number;
    readonly confirm: number;
    readonly confirmExpiring: number | undefined;
    readonly at: string | undefined;
  },
): Promise<number> {
  const answer = await makeDryRun(context, wanted.id, wanted.at);
  const dryRun = answer.read(dryRunAnswer);
  const isSame = dryRun.memberCount === wanted.confirm;
  if (isSame && (dryRun.expiringCount === 0 || dryRun.expiringCount === wanted.confirmExpiring)) return dryRun.dryRunId;
  const wording = isSame
    ? T.countedExpiring(formatCount(dryRun.expiringCount))
    : T.countedOther(formatCount(dryRun.memberCount), formatCount(wanted.confirm));
  await context.result(answer.document, () => renderDryRun(dryRun, context));
  context.note(context.say(wording));
  context.next(launchLine(wanted.id, dryRun, wanted.at));
  throw new BadNews();
}

export const watchCommand = command({
  name: 'watch',
  summary: T.watch,
  details: T.watchDetails,
  args: { id: campaignIdArgument },
  options: {},
  examples: ['fanfare campaign watch 7'],
  run: (context, { args: { id } }) => watchCampaign(context, id),
});

export const showCampaign = command({
  name: 'show',
  summary: T.show,
  args: { id: campaignIdArgument },
  options: {},
  examples: ['fanfare campaign show 7', 'fanfare campaign show 7 --json'],
  run: async (context, { args: { id } }) => {
    const answer = await context.api().get(path`/v1/campaigns/${id}`);
    const campaign = answer.read(campaignAnswer);
    await context.result(answer.document, () => renderCampaign(campaign, context));
    context.next(nextFor(campaign.state, id, heldBackBy(campaign, context.say) !== ''));
  },
});

function nextFor(state: string, id: number, isHeld: boolean): string {
  if (state === 'draft') return `fanfare campaign dry-run ${id}`;
  if (state === 'completed' || state === 'cancelled') return `fanfare campaign history ${id}`;
  return isHeld ? `fanfare campaign resume ${id}` : `fanfare campaign watch ${id}`;
}

export const listCampaigns = command({
  name: 'list',
  summary: T.list,
  args: {},
  options: {
    state: option('--state <state>', T.state, single(choice(CAMPAIGN_STATES))),
    limit: limitOption,
    cursor: cursorOption,
  },
  examples: ['fanfare campaign list', 'fanfare campaign list --state running'],
  run: async (context, { options }) => {
    const answer = await context.api().get('/v1/campaigns', options);
    const page = answer.read(campaignPage);
    const first = page.items[0];
    await showPage(context, {
      document: answer.document,
      page,
      line: 'fanfare campaign list',
      render: (campaigns) => renderCampaigns(campaigns, context),
      next: [first === undefined ? 'fanfare campaign create --help' : `fanfare campaign show ${first.id}`],
    });
  },
});

export const showHistory = command({
  name: 'history',
  summary: T.history,
  args: { id: campaignIdArgument },
  options: {},
  examples: ['fanfare campaign history 7'],
  run: async (context, { args: { id } }) => {
    const { say } = context;
    const answer = await context.api().get(path`/v1/campaigns/${id}/history`);
    const { items } = answer.read(movesAnswer);
    await context.result(answer.document, () =>
      renderTable(
        [
          { title: say(T.fieldTime), value: ({ at }) => formatTime(at) },
          { title: say(T.fieldActor), value: ({ actor }) => actor },
          { title: say(T.fieldMove), value: ({ move }) => move },
          { title: say(T.fieldDetail), value: ({ detail }) => detail ?? say(GENERAL_TEXT.none) },
        ],
        items,
      ),
    );
    context.next(`fanfare campaign show ${id}`);
  },
});
