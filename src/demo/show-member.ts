/** "Did she get it?": one member's own record, as the server answers it for any member. */
import { z } from 'zod';
import { path } from '../cli/api-client.js';
import { padEnd, printable } from '../cli/display-width.js';
import { CHANNELS } from '../core/channels.js';
import { OUTCOME_NAMES } from '../ledger/cell-code.js';
import { cutText } from './cut-text.js';
import type { ScenarioContext } from './scenario.js';
import { CHANNEL_WORDS, OUTCOME_WORDS } from './text/progress-text.js';
import { RECORD_TEXT as T } from './text/record-text.js';

const found = z.object({
  items: z.array(
    z.object({
      memberId: z.string(),
      name: z.string().nullable(),
      level: z.int(),
      email: z.string().nullable(),
      phone: z.string().nullable(),
      pushToken: z.string().nullable(),
      consent: z.partialRecord(z.enum(CHANNELS), z.object({ state: z.string() })),
    }),
  ),
});
type Found = z.output<typeof found>['items'][number];

const recorded = z.object({
  items: z.array(
    z.object({
      campaignName: z.string(),
      channels: z.array(
        z.object({
          channel: z.enum(CHANNELS),
          outcome: z.enum(['pending', 'inFlight', ...OUTCOME_NAMES]),
          lastHandoverAt: z.string().nullable(),
          message: z.record(z.string(), z.string()).nullable(),
        }),
      ),
    }),
  ),
});
type ChannelRecord = z.output<typeof recorded>['items'][number]['channels'][number];

const LOOKED_AT = 200;
const MAX_TEXT_COLUMNS = 90;
/** Before the text: indent, channel, outcome, time; and the last column stays free. */
const TEXT_AT = 41;
const NAME_COLUMNS = 10;
const OUTCOME_COLUMNS = 12;

/** Shows the record of a member that `where` finds, of one that every channel reaches where there is one. */
export async function showMember(context: ScenarioContext, where: string): Promise<string | undefined> {
  const { api, screen, say, language } = context;
  const { items } = (await api.post('/v1/members/search', { where, limit: LOOKED_AT })).read(found);
  const member = items.find(isReachedEverywhere) ?? items[0];
  if (member === undefined) return undefined;
  const { memberId, name, level } = member;
  const record = (await api.get(path`/v1/members/${memberId}/record`, { lang: language })).read(recorded);
  screen.print(
    `  ${screen.ink('bold', say(T.title))}  ${memberId}, ${printable(name ?? '')}, ${say(T.level, level)}`,
    ...record.items.flatMap(({ campaignName, channels }) => [
      `    ${printable(campaignName)}`,
      ...channels.map((channel) => `      ${renderChannel(channel, context)}`),
    ]),
    '',
  );
  return memberId;
}

const isReachedEverywhere = ({ consent, phone, email, pushToken }: Found): boolean =>
  phone !== null &&
  email !== null &&
  pushToken !== null &&
  consent.sms?.state === 'granted' &&
  consent.email?.state === 'granted' &&
  consent.app?.state === 'granted' &&
  consent.inbox?.state !== 'denied';

function renderChannel(
  { channel, outcome, lastHandoverAt, message }: ChannelRecord,
  { say, screen, language }: ScenarioContext,
): string {
  const words = outcome === 'pending' || outcome === 'inFlight' ? say(T[outcome]) : say(OUTCOME_WORDS[outcome]);
  const time =
    lastHandoverAt === null ? '' : new Date(lastHandoverAt).toLocaleTimeString(language, { hourCycle: 'h23' });
  const text = [message?.['subject'], message?.['title'], message?.['body']]
    .filter((part) => part !== undefined)
    .join(' | ')
    .replaceAll(/\s+/g, ' ');
  const columnsLeft = screen.isLive
    ? Math.max(20, Math.min(MAX_TEXT_COLUMNS, screen.columns - TEXT_AT))
    : MAX_TEXT_COLUMNS;
  return `${padEnd(say(CHANNEL_WORDS[channel]), NAME_COLUMNS)} ${padEnd(words, OUTCOME_COLUMNS)} ${time}  ${screen.ink('dim', cutText(printable(text), columnsLeft))}`;
}
