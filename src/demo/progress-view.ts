/** Live progress as text: two lines a channel where lines can be drawn again, one elsewhere. Pure. */
import { padEnd, padStart } from '../cli/display-width.js';
import { formatCount } from '../cli/format-values.js';
import { PAUSE_WORDS } from '../cli/text/campaign-text.js';
import type { Say, Wording } from '../cli/wording.js';
import type { ChannelProgress } from './campaign-watch.js';
import { formatSpan } from './format-span.js';
import type { Ink } from './screen.js';
import { CHANNEL_WORDS, OUTCOME_WORDS, PROGRESS_TEXT as T } from './text/progress-text.js';

export interface ProgressStyle {
  readonly say: Say;
  readonly ink: (ink: Ink, text: string) => string;
  /** Width of the screen. */
  readonly columns: number;
}

const BAR_COLUMNS = 24;
const NARROW_BAR_COLUMNS = 14;
/** Below this many columns the bar makes room for the figures. */
const WIDE_SCREEN_COLUMNS = 100;
const NAME_COLUMNS = 10;

/** Under each campaign's name its channels, with a bar, and their outcomes below. */
export function renderLive(progress: readonly ChannelProgress[], style: ProgressStyle): readonly string[] {
  return progress.flatMap((channel, index) => [
    ...(channel.campaign === progress[index - 1]?.campaign ? [] : ['', `  ${style.ink('bold', channel.campaign)}`]),
    ...renderChannel(channel, style),
  ]);
}

/** One line a channel, for logs and pipes. */
export function renderReport(progress: readonly ChannelProgress[], { say }: ProgressStyle): readonly string[] {
  return progress.map((channel) => {
    const figures = [share(channel), counts(channel, say), pace(channel, say), outcomes(channel, say)];
    return `  ${say(CHANNEL_WORDS[channel.channel])}: ${figures.filter((figure) => figure !== '').join(' · ')}`;
  });
}

function renderChannel(channel: ChannelProgress, { say, ink, columns }: ProgressStyle): readonly string[] {
  const isDone = channel.tookMs !== undefined;
  const name = padEnd(say(CHANNEL_WORDS[channel.channel]), NAME_COLUMNS);
  const barColumns = columns < WIDE_SCREEN_COLUMNS ? NARROW_BAR_COLUMNS : BAR_COLUMNS;
  const filled = Math.floor(shareOf(channel) * barColumns);
  const bar = ink(isDone ? 'green' : 'cyan', '█'.repeat(filled)) + ink('dim', '░'.repeat(barColumns - filled));
  const figures = `${padStart(share(channel), 7)}  ${counts(channel, say)}  ${pace(channel, say)}`;
  const held = channel.pauseReasons.map((reason) => say(T.heldBack, pauseWords(reason, say)));
  const below = [...held.map((words) => ink('yellow', words)), ink('dim', outcomes(channel, say))];
  return [`  ${name} ${bar} ${figures}`, `  ${' '.repeat(NAME_COLUMNS)} ${below.join(' ')}`];
}

function pauseWords(reason: string, say: Say): string {
  const words: Readonly<Record<string, Wording | undefined>> = PAUSE_WORDS;
  return say(words[reason] ?? { en: reason, 'zh-CN': reason });
}

function shareOf({ totalMembers, doneMembers }: ChannelProgress): number {
  return totalMembers === undefined ? 0 : totalMembers === 0 ? 1 : doneMembers / totalMembers;
}

/** Never 100 % before the last member. */
const share = (channel: ChannelProgress): string => `${(Math.floor(shareOf(channel) * 1_000) / 10).toFixed(1)} %`;

const counts = ({ doneMembers, totalMembers }: ChannelProgress, say: Say): string =>
  say(T.doneOf, formatCount(doneMembers), totalMembers === undefined ? '…' : formatCount(totalMembers));

function pace({ membersPerSecond, leftMs, tookMs }: ChannelProgress, say: Say): string {
  const rate = say(T.rate, formatCount(Math.round(membersPerSecond)));
  if (tookMs !== undefined && tookMs < 1) return say(T.atOnce);
  if (tookMs !== undefined) return say(T.tookAt, formatSpan(tookMs), rate);
  if (leftMs !== undefined) return `${rate} · ${say(T.left, formatSpan(Math.max(1_000, leftMs)))}`;
  return rate;
}

const outcomes = (channel: ChannelProgress, say: Say): string =>
  channel.outcomes.map(({ outcome, members }) => `${say(OUTCOME_WORDS[outcome])} ${formatCount(members)}`).join(' · ');
