import { path } from '../api-client.js';
import { campaignAnswer } from '../campaign-answers.js';
import { channelName, definedOf, perSecond } from '../campaign-options.js';
import { heldBackBy, renderCampaign } from '../campaign-view.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { argument, command, option } from '../command-spec.js';
import { campaignIdArgument, idempotencyKeyOption, yesOption } from '../common-options.js';
import { commaList, flag, required, single, text, wholeNumber } from '../option-reader.js';
import { CAMPAIGN_TEXT as T } from '../text/campaign-text.js';
import { FAILURE_TEXT } from '../text/general-text.js';
import type { Answer } from '../api-client.js';

const reasonOption = option('--reason <text>', T.reason, single(text));
const channelOption = option('-c, --channel <channel>', T.oneChannel, single(channelName));
const anyCount = wholeNumber(0, Number.MAX_SAFE_INTEGER);

async function showMoved(context: CliContext, answer: Answer): Promise<ReturnType<typeof campaignAnswer.parse>> {
  const campaign = answer.read(campaignAnswer);
  await context.result(answer.document, () => renderCampaign(campaign, context));
  return campaign;
}

export const pauseCampaign = command({
  name: 'pause',
  summary: T.pause,
  args: { id: campaignIdArgument },
  options: { channel: channelOption, reason: reasonOption },
  examples: ['fanfare campaign pause 7 --reason "wrong picture"', 'fanfare campaign pause 7 --channel sms'],
  run: async (context, { args: { id }, options: { channel, reason } }) => {
    const answer = await context.api().post(moveOf('pause', id, channel), moveBody(context, channel, reason));
    await showMoved(context, answer);
    context.note(context.say(T.paused, id));
    context.next(`fanfare campaign resume ${id}${channel === undefined ? '' : ` --channel ${channel}`}`);
  },
});

export const resumeCampaign = command({
  name: 'resume',
  summary: T.resume,
  args: { id: campaignIdArgument },
  options: { channel: channelOption, reason: reasonOption },
  examples: ['fanfare campaign resume 7', 'fanfare campaign resume 7 --channel sms'],
  run: async (context, { args: { id }, options: { channel, reason } }) => {
    const answer = await context.api().post(moveOf('resume', id, channel), moveBody(context, channel, reason));
    const campaign = await showMoved(context, answer);
    const held = heldBackBy(campaign, context.say);
    context.note(held === '' ? context.say(T.resumed, id) : context.say(T.stillPaused, id, held));
    const needsCount = campaign.pauseReasons.some((name) => name.startsWith('audience'));
    context.next(
      needsCount
        ? `fanfare campaign confirm ${id} --confirm=${campaign.audience.members ?? 0}`
        : `fanfare campaign watch ${id}`,
    );
  },
});

const moveOf = (move: 'pause' | 'resume', id: number, channel: string | undefined): string =>
  channel === undefined ? path`/v1/campaigns/${id}/${move}` : path`/v1/campaigns/${id}/channels/${channel}/${move}`;

/** The moves of one channel take no body. */
const moveBody = (context: CliContext, channel: string | undefined, reason: string | undefined) =>
  channel === undefined ? { body: definedOf({ reason }), idempotencyKey: context.newKey() } : {};

export const cancelCampaign = command({
  name: 'cancel',
  summary: T.cancel,
  args: { id: campaignIdArgument },
  options: { reason: reasonOption, yes: yesOption },
  examples: ['fanfare campaign cancel 7 --reason "sold out" --yes'],
  run: async (context, { args: { id }, options: { reason, yes } }) => {
    if (!yes) throw new UsageError(FAILURE_TEXT.needsConfirmation(T.cancelCannotBeUndone, '--yes'));
    const answer = await context.api().post(path`/v1/campaigns/${id}/cancel`, {
      body: definedOf({ reason }),
      idempotencyKey: context.newKey(),
    });
    await showMoved(context, answer);
    context.note(context.say(T.cancelled, id));
    context.next(`fanfare campaign show ${id}`);
  },
});

export const setPace = command({
  name: 'pace',
  summary: T.pace,
  details: T.paceDetails,
  args: { id: campaignIdArgument, channel: argument('<channel>', T.channel, required(channelName)) },
  options: {
    members: option('-m, --members-per-second <n>', T.membersPerSecond, single(perSecond)),
    requests: option('-r, --requests-per-second <n>', T.requestsPerSecond, single(perSecond)),
    unlimited: option('--unlimited', T.unlimited, flag()),
  },
  examples: ['fanfare campaign pace 7 sms --members-per-second 200', 'fanfare campaign pace 7 sms --unlimited'],
  run: async (context, { args: { id, channel }, options: { members, requests, unlimited } }) => {
    const isLimited = members !== undefined || requests !== undefined;
    if (isLimited === unlimited) throw new UsageError(T.paceNeeded);
    const answer = await context.api().put(path`/v1/campaigns/${id}/channels/${channel}/pace`, {
      body: { membersPerSecond: members ?? null, requestsPerSecond: requests ?? null },
    });
    await showMoved(context, answer);
    context.note(context.say(T.paceSet, channel));
    context.next(`fanfare campaign watch ${id}`);
  },
});

export const confirmAudience = command({
  name: 'confirm',
  summary: T.confirm,
  args: { id: campaignIdArgument },
  options: { confirm: option('--confirm <n>', T.confirmFrozen, required(anyCount)) },
  examples: ['fanfare campaign confirm 7 --confirm=1020431'],
  run: async (context, { args: { id }, options: { confirm } }) => {
    const answer = await context.api().post(path`/v1/campaigns/${id}/confirm`, {
      body: { confirm },
      idempotencyKey: context.newKey(),
    });
    const held = heldBackBy(await showMoved(context, answer), context.say);
    context.note(held === '' ? context.say(T.resumed, id) : context.say(T.stillPaused, id, held));
    context.next(`fanfare campaign watch ${id}`);
  },
});

export const sendAgain = command({
  name: 'send-again',
  summary: T.sendAgain,
  details: T.sendAgainDetails,
  args: { id: campaignIdArgument },
  options: {
    channel: option('-c, --channel <channel>', T.oneChannel, required(channelName)),
    outcome: option('-o, --outcome <outcomes>', T.againOutcome, single(commaList(text))),
    name: option('--name <text>', T.name, single(text)),
    confirmTwice: option('--confirm-twice <n>', T.confirmTwice, single(anyCount)),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: [
    'fanfare campaign send-again 7 --channel sms',
    'fanfare campaign send-again 7 --channel sms --outcome unknown --confirm-twice=12',
  ],
  run: async (context, { args: { id }, options }) => {
    const answer = await context.api().post(path`/v1/campaigns/${id}/send-again`, {
      body: {
        channel: options.channel,
        outcomes: options.outcome ?? (await failedOutcomes(context, id, options.channel)),
        ...definedOf({ name: options.name, confirmTwice: options.confirmTwice }),
      },
      idempotencyKey: options.idempotencyKey ?? context.newKey(),
    });
    const child = await showMoved(context, answer);
    context.note(context.say(T.againMade, child.id, id));
    context.next(`fanfare campaign dry-run ${child.id}`);
  },
});

/** The kinds of failed that members of the channel have. @throws UsageError where nobody failed. */
async function failedOutcomes(context: CliContext, id: number, channel: string): Promise<readonly string[]> {
  const campaign = (await context.api().get(path`/v1/campaigns/${id}`)).read(campaignAnswer);
  const found = campaign.channels.find((known) => known.channel === channel);
  if (found === undefined) throw new UsageError(T.strayChannel(channel));
  const failed = found.outcomes.map(({ outcome }) => outcome).filter((outcome) => outcome.startsWith('failed'));
  if (failed.length === 0) throw new UsageError(T.nobodyFailed(channel));
  return failed;
}
