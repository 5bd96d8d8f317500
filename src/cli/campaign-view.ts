/** Campaigns as people read them. */
import { CHANNELS } from '../core/channels.js';
import { isDomainError } from '../core/errors.js';
import { OUTCOME_CLASSES, OUTCOME_NAMES } from '../ledger/cell-code.js';
import { outcomeWords, type MemberOutcome } from '../ledger/outcome-words.js';
import { parseFilter } from '../membership/filter-json.js';
import { printFilter } from '../membership/filter-print.js';
import type { CliContext } from './cli-context.js';
import { membersOf, type CampaignAnswer, type ChannelAnswer, type DryRunAnswer } from './campaign-answers.js';
import { formatAmount, formatCount, formatShare, formatTime } from './format-values.js';
import { renderPairs, renderTable } from './tables.js';
import { CAMPAIGN_TEXT as T, CHANNEL_WORDS, CLASS_WORDS, PAUSE_WORDS, STATE_WORDS } from './text/campaign-text.js';
import { GENERAL_TEXT } from './text/general-text.js';
import type { Say } from './wording.js';

type Voice = Pick<CliContext, 'say' | 'language'>;

export function renderCampaign(campaign: CampaignAnswer, voice: Voice): string {
  return [renderFacts(campaign, voice), renderBooks(campaign, voice), renderReasons(campaign, voice)]
    .filter((part) => part !== '')
    .join('\n');
}

function renderFacts(campaign: CampaignAnswer, { say }: Voice): string {
  const time = (text: string | null): string | null => (text === null ? null : formatTime(text));
  const held = heldBackBy(campaign, say);
  return renderPairs([
    [say(T.fieldId), `${campaign.id}`],
    [say(T.fieldName), campaign.name],
    [say(T.fieldState), stateWords(campaign.state, say)],
    [say(T.fieldHeld), held === '' ? null : held],
    [say(T.fieldPromotion), campaign.promotionId?.toString()],
    [say(T.fieldCoupon), campaign.couponId?.toString()],
    [say(T.fieldParent), campaign.parentCampaignId?.toString()],
    [say(T.fieldAudience), audienceWords(campaign.audience, say)],
    [say(T.fieldMembers), campaign.audience.members === null ? null : formatCount(campaign.audience.members)],
    [say(T.fieldPolicy), campaign.channels.length > 1 ? campaign.policy : null],
    [say(T.fieldLaunchAt), time(campaign.launchAt)],
    [say(T.fieldLaunched), time(campaign.launchedAt)],
    [say(T.fieldDeliverUntil), time(campaign.deliverUntil)],
    [say(T.fieldEnded), time(campaign.endedAt)],
    [say(T.fieldForgotten), time(campaign.cellsForgottenAt)],
    [say(T.fieldCreated), `${formatTime(campaign.createdAt)}  ${campaign.createdBy}`],
    [say(T.fieldVersion), campaign.state === 'draft' ? `${campaign.version}` : null],
  ]);
}

function renderBooks({ channels }: CampaignAnswer, { say }: Voice): string {
  return renderTable(
    [
      { title: say(T.fieldChannel), value: ({ channel }: ChannelAnswer) => say(CHANNEL_WORDS[channel]) },
      { title: say(T.fieldMode), value: ({ mode }) => mode },
      { title: say(T.fieldPace), value: (channel) => paceWords(channel, say) },
      ...OUTCOME_CLASSES.map((outcomeClass) => ({
        title: say(CLASS_WORDS[outcomeClass]),
        value: ({ books }: ChannelAnswer) => formatCount(books[outcomeClass]),
        isNumber: true,
      })),
      { title: say(T.fieldMembers), value: (channel) => formatCount(membersOf(channel)), isNumber: true },
      { title: say(T.fieldBalance), value: (channel) => balanceWords(channel, say) },
    ],
    channels,
  );
}

function balanceWords(channel: ChannelAnswer, say: Say): string {
  if (!channel.isBalanced) return say(T.notBalanced);
  return membersOf(channel) === 0 ? say(GENERAL_TEXT.none) : say(T.balanced);
}

/** Outcomes of the channels, each with its reason in words; nothing where nobody has one. */
function renderReasons({ channels }: CampaignAnswer, { say, language }: Voice): string {
  const rows = channels.flatMap(({ channel, outcomes, books }) =>
    outcomes.map((row) => ({ ...row, channel, total: membersOf({ books }) })),
  );
  if (rows.length === 0) return '';
  return renderTable(
    [
      { title: say(T.fieldChannel), value: ({ channel }) => say(CHANNEL_WORDS[channel]) },
      { title: say(T.fieldOutcome), value: ({ outcome }) => outcome },
      { title: say(T.fieldMembers), value: ({ members }) => formatCount(members), isNumber: true },
      { title: say(T.fieldShare), value: ({ members, total }) => formatShare(members, total), isNumber: true },
      { title: say(T.fieldReason), value: ({ outcome }) => reasonWords(outcome, language) },
    ],
    rows,
  );
}

export function renderCampaigns(campaigns: readonly CampaignAnswer[], { say }: Voice): string {
  const pending = ({ channels }: CampaignAnswer): number => channels.reduce((sum, { books }) => sum + books.pending, 0);
  return renderTable(
    [
      { title: say(T.fieldId), value: ({ id }) => `${id}`, isNumber: true },
      { title: say(T.fieldState), value: ({ state }) => stateWords(state, say) },
      {
        title: say(T.fieldMembers),
        value: ({ audience }) => (audience.members === null ? say(GENERAL_TEXT.none) : formatCount(audience.members)),
        isNumber: true,
      },
      { title: say(CLASS_WORDS.pending), value: (campaign) => formatCount(pending(campaign)), isNumber: true },
      {
        title: say(T.fieldChannel),
        value: ({ channels }) => channels.map(({ channel }) => say(CHANNEL_WORDS[channel])).join(','),
      },
      {
        title: say(T.fieldLaunched),
        value: ({ launchedAt }) => (launchedAt === null ? say(GENERAL_TEXT.none) : formatTime(launchedAt)),
      },
      { title: say(T.fieldName), value: ({ name }) => name },
    ],
    campaigns,
  );
}

export function renderDryRun(dryRun: DryRunAnswer, { say, language }: Voice): string {
  const facts = renderPairs([
    [say(T.fieldDryRun), `${dryRun.dryRunId}`],
    [say(T.fieldMembers), formatCount(dryRun.memberCount)],
    [say(T.fieldStarts), formatTime(dryRun.startsAt)],
    [say(T.fieldDeliverUntil), formatTime(dryRun.deliverUntil)],
    [say(T.fieldExpiring), dryRun.expiringCount === 0 ? null : formatCount(dryRun.expiringCount)],
  ]);
  const channels = renderTable(
    [
      { title: say(T.fieldChannel), value: ({ channel }) => say(CHANNEL_WORDS[channel]) },
      { title: say(T.fieldReached), value: ({ reach }) => formatCount(reach.members), isNumber: true },
      {
        title: say(T.fieldNotReached),
        value: ({ reach }) => formatCount(dryRun.memberCount - reach.members),
        isNumber: true,
      },
      {
        title: say(T.fieldPace),
        value: ({ membersPerSecond }) =>
          membersPerSecond === null ? say(T.noLimit) : say(T.perSecondMembers, formatCount(membersPerSecond)),
      },
      { title: say(T.fieldEnds), value: ({ endsAt }) => (endsAt === null ? say(T.atOnce) : formatTime(endsAt)) },
      {
        title: say(T.fieldCost),
        value: ({ cost }) => (cost === null ? say(T.free) : formatAmount(cost.amountMinor, cost.currency)),
        isNumber: true,
      },
      { title: say(T.fieldExpiring), value: ({ expiringMembers }) => formatCount(expiringMembers), isNumber: true },
    ],
    dryRun.channels,
  );
  const reasons = dryRun.channels.flatMap(({ channel, reach }) =>
    Object.entries(reach.suppressed).map(([outcome, members]) => ({ channel, outcome, members })),
  );
  const notTold =
    reasons.length === 0
      ? ''
      : renderTable(
          [
            { title: say(T.fieldChannel), value: ({ channel }) => say(CHANNEL_WORDS[channel]) },
            { title: say(T.fieldNotReached), value: ({ members }) => formatCount(members), isNumber: true },
            { title: say(T.fieldReason), value: ({ outcome }) => reasonWords(outcome, language) },
          ],
          reasons,
        );
  const promises = renderPairs(
    dryRun.channels.map(({ channel, mode, promise }) => [say(CHANNEL_WORDS[channel]), `${mode}: ${promise}`]),
  );
  return [facts, channels, notTold, promises].filter((part) => part !== '').join('\n');
}

export const stateWords = (state: string, say: Say): string => {
  const known = STATE_WORDS[state];
  return known === undefined ? state : say(known);
};

/** An outcome in words; its name where a newer server knows more of them. */
const reasonWords = (outcome: string, language: CliContext['language']): string =>
  isOutcome(outcome) ? outcomeWords(outcome, language) : outcome;

const isOutcome = (name: string): name is MemberOutcome =>
  ['pending', 'inFlight', ...OUTCOME_NAMES].some((known) => known === name);

/** What holds a campaign back, or one of its channels; empty where nothing does. */
export function heldBackBy({ pauseReasons, channels, endedAt }: CampaignAnswer, say: Say): string {
  if (endedAt !== null) return '';
  const own = pauseReasons.map((reason) => pauseWords(reason, say));
  const ofChannels = channels.flatMap((channel) =>
    channel.settledAt === null
      ? channel.pauseReasons.map((reason) => `${say(CHANNEL_WORDS[channel.channel])}: ${pauseWords(reason, say)}`)
      : [],
  );
  return [...own, ...ofChannels].join('; ');
}

function pauseWords(reason: string, say: Say): string {
  const known = Object.entries(PAUSE_WORDS).find(([name]) => name === reason);
  return known === undefined ? reason : say(known[1]);
}

function paceWords({ membersPerSecond, requestsPerSecond }: ChannelAnswer, say: Say): string {
  const limits = [
    membersPerSecond === null ? [] : [say(T.perSecondMembers, formatCount(membersPerSecond))],
    requestsPerSecond === null ? [] : [say(T.perSecondRequests, formatCount(requestsPerSecond))],
  ].flat();
  return limits.length === 0 ? say(GENERAL_TEXT.none) : limits.join(', ');
}

function audienceWords({ kind, definition, members }: CampaignAnswer['audience'], say: Say): string {
  const values: Readonly<Record<string, unknown>> = typeof definition === 'object' ? { ...definition } : {};
  switch (kind) {
    case 'everybody':
      return say(T.everybodyShort);
    case 'filter':
      return filterWords(values['filter']);
    case 'list':
      return say(T.listShort, formatCount(Number(values['memberCount'] ?? members ?? 0)));
    case 'cells': {
      const channel = CHANNELS.find((known) => known === values['channel']);
      const outcomes = Array.isArray(values['outcomes']) ? values['outcomes'].join(', ') : '';
      const where = channel === undefined ? '' : say(CHANNEL_WORDS[channel]);
      return say(T.cellsShort, outcomes, where, String(Number(values['campaignId'])));
    }
    default:
      return kind;
  }
}

/** The filter as text; as JSON where a newer server knows more of them. */
function filterWords(filter: unknown): string {
  try {
    return printFilter(parseFilter(filter));
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return JSON.stringify(filter);
  }
}
