/** One member: what every campaign did with her, and what lies in her inbox. */
import { z } from 'zod';
import { CHANNELS } from '../../core/channels.js';
import { path } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { argument, command, group, option } from '../command-spec.js';
import { cursorOption, limitOption, memberIdArgument } from '../common-options.js';
import { printable } from '../display-width.js';
import { formatCount, formatTime } from '../format-values.js';
import { flag, rowId, single } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { CAMPAIGN_TEXT, CHANNEL_WORDS } from '../text/campaign-text.js';
import { RECORD_TEXT as T } from '../text/record-text.js';

const nullableText = z.string().nullable();
const recordPage = z.object({
  items: z.array(
    z.object({
      campaignId: z.int(),
      campaignName: z.string(),
      launchedAt: z.string(),
      channels: z.array(
        z.object({
          channel: z.enum(CHANNELS),
          outcome: z.string(),
          reason: z.string(),
          tries: z.object({ definite: z.int(), ambiguous: z.int() }).nullable(),
          lastHandoverAt: nullableText,
          details: z.array(
            z.object({
              at: z.string(),
              outcome: z.string(),
              vendorCode: nullableText,
              vendorText: nullableText,
              vendorMessageId: nullableText,
            }),
          ),
          message: z.record(z.string(), z.string()).nullable(),
          hasMemberChanged: z.boolean(),
        }),
      ),
    }),
  ),
  nextCursor: nullableText,
});
type RecordEntry = z.output<typeof recordPage>['items'][number];
type ChannelEntry = RecordEntry['channels'][number];

export const showRecord = command({
  name: 'record',
  summary: T.record,
  details: T.recordDetails,
  args: { member: memberIdArgument },
  options: { limit: limitOption, cursor: cursorOption },
  examples: ['fanfare record m-1024', 'fanfare record m-1024 --json'],
  run: async (context, { args: { member }, options }) => {
    const answer = await context.api().get(path`/v1/members/${member}/record`, { ...options, lang: context.language });
    const page = answer.read(recordPage);
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare record ${member}`,
      render: (entries) => entries.map((entry) => renderEntry(entry, context)).join('\n'),
      next: [`fanfare inbox list ${member}`, `fanfare members show ${member}`],
    });
  },
});

function renderEntry({ campaignId, campaignName, launchedAt, channels }: RecordEntry, context: CliContext): string {
  const title = `${context.say(CAMPAIGN_TEXT.fieldId)} ${campaignId}  ${printable(campaignName)}  ${formatTime(launchedAt)}`;
  const lines = channels.flatMap((channel) => channelLines(channel, context));
  return [context.terminal.style('stdout', 'bold', title), ...lines.map((line) => `  ${line}`), ''].join('\n');
}

function channelLines(entry: ChannelEntry, { say }: CliContext): readonly string[] {
  const { tries } = entry;
  const facts = [
    `${say(CHANNEL_WORDS[entry.channel])}: ${entry.outcome} (${entry.reason})`,
    ...(entry.lastHandoverAt === null ? [] : [say(T.handedOver, formatTime(entry.lastHandoverAt))]),
    ...(tries === null || tries.definite + tries.ambiguous === 0
      ? []
      : [say(T.tries, tries.definite, tries.ambiguous)]),
  ];
  const vendor = entry.details.map(({ at, outcome, vendorCode, vendorText, vendorMessageId }) => {
    const words = [vendorCode, vendorText, vendorMessageId].filter((word) => word !== null).join(' ');
    return `  ${say(T.vendorSaid, formatTime(at), outcome, printable(words))}`;
  });
  const parts = Object.entries(entry.message ?? {}).map(([part, words]) => `  ${part}: ${oneLine(words)}`);
  const warning = entry.hasMemberChanged && parts.length > 0 ? [`  (${say(T.changedSince)})`] : [];
  return [facts.join(', '), ...vendor, ...parts, ...warning];
}

const oneLine = (words: string): string => printable(words.replaceAll(/\s*\n\s*/g, ' / '));

const inboxPage = z.object({
  items: z.array(
    z.object({
      campaignId: z.int(),
      launchedAt: z.string(),
      isRead: z.boolean(),
      title: nullableText,
      body: nullableText,
      link: nullableText,
    }),
  ),
  nextCursor: nullableText,
});

const listInbox = command({
  name: 'list',
  summary: T.inboxList,
  args: { member: memberIdArgument },
  options: { limit: limitOption, cursor: cursorOption },
  examples: ['fanfare inbox list m-1024'],
  run: async (context, { args: { member }, options }) => {
    const { say, terminal } = context;
    const answer = await context.api().get(path`/v1/members/${member}/inbox`, options);
    const page = answer.read(inboxPage);
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare inbox list ${member}`,
      render: (messages) =>
        messages
          .map(({ campaignId, launchedAt, isRead, title, body, link }) => {
            const head = `${say(CAMPAIGN_TEXT.fieldId)} ${campaignId}  ${formatTime(launchedAt)}${isRead ? '' : `  ${say(T.isNew)}`}`;
            const texts = [title, body, link].flatMap((words) => (words === null ? [] : [`  ${oneLine(words)}`]));
            return [terminal.style('stdout', isRead ? 'dim' : 'bold', head), ...texts, ''].join('\n');
          })
          .join('\n'),
      next: [
        page.items.every(({ isRead }) => isRead)
          ? `fanfare record ${member}`
          : `fanfare inbox read ${member} ${page.items.find(({ isRead }) => !isRead)?.campaignId ?? '--all'}`,
      ],
    });
    if (context.isJson) return;
    const unread = (await context.api().get(path`/v1/members/${member}/inbox/unread`)).read(unreadAnswer);
    context.note(say(T.unread, formatCount(unread.unreadCount)));
  },
});

const unreadAnswer = z.object({ unreadCount: z.int() });

const readInbox = command({
  name: 'read',
  summary: T.inboxRead,
  details: T.inboxReadDetails,
  args: { member: memberIdArgument, campaign: argument('[campaign]', T.campaign, single(rowId)) },
  options: { all: option('--all', T.all, flag()) },
  examples: ['fanfare inbox read m-1024 7', 'fanfare inbox read m-1024 --all'],
  run: async (context, { args: { member, campaign }, options: { all } }) => {
    if (all === (campaign !== undefined)) throw new UsageError(T.oneOrAll);
    const markedCount = await markRead(context, member, campaign);
    await context.result({ markedCount }, () => `${context.say(T.marked, formatCount(markedCount))}\n`);
    context.next(`fanfare inbox list ${member}`);
  },
});

async function markRead(context: CliContext, member: string, campaign: number | undefined): Promise<number> {
  if (campaign === undefined) {
    const answer = await context.api().put(path`/v1/members/${member}/inbox/read`);
    return answer.read(z.object({ markedCount: z.int() })).markedCount;
  }
  await context.api().put(path`/v1/members/${member}/inbox/${campaign}/read`);
  return 1;
}

export const inboxCommands = group('inbox', T.inboxGroup, [listInbox, readInbox]);
