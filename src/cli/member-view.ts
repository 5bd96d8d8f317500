/** Members as the API answers them, and as people read them. */
import { z } from 'zod';
import { CHANNELS } from '../core/channels.js';
import type { CliContext } from './cli-context.js';
import { formatCount, formatTime } from './format-values.js';
import { renderPairs, renderTable } from './tables.js';
import { CHANNEL_WORDS } from './text/campaign-text.js';
import { GENERAL_TEXT } from './text/general-text.js';
import { CONSENT_WORDS, MEMBER_TEXT as T } from './text/member-text.js';
import type { Say } from './wording.js';

const text = z.string().nullable();

export const memberAnswer = z.object({
  memberId: z.string(),
  ordinal: z.int(),
  name: text,
  level: z.int(),
  points: z.int(),
  activeDays: z.int(),
  lastActiveAt: text,
  tags: z.array(z.string()),
  timeZone: text,
  locale: text,
  email: text,
  phone: text,
  pushToken: text,
  pushPlatform: text,
  consent: z.partialRecord(z.enum(CHANNELS), z.object({ state: z.string(), at: text, source: text })),
  attributes: z.record(z.string(), z.unknown()),
  suppressed: z.array(z.enum(CHANNELS)),
});
export type MemberAnswer = z.output<typeof memberAnswer>;

export const memberPage = z.object({ items: z.array(memberAnswer), nextCursor: z.string().nullable() });

export function renderMember(member: MemberAnswer, { say }: Pick<CliContext, 'say'>): string {
  const attributes = Object.entries(member.attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return renderPairs([
    [say(T.fieldMember), member.memberId],
    [say(T.fieldOrdinal), `${member.ordinal}`],
    [say(T.fieldName), member.name],
    [say(T.fieldLevel), `${member.level}`],
    [say(T.fieldPoints), formatCount(member.points)],
    [say(T.fieldActiveDays), `${member.activeDays}`],
    [say(T.fieldLastActive), member.lastActiveAt === null ? null : formatTime(member.lastActiveAt)],
    [say(T.fieldTags), member.tags.length === 0 ? null : member.tags.join(', ')],
    [say(T.fieldTimeZone), member.timeZone],
    [say(T.fieldLocale), member.locale],
    [say(T.fieldEmail), member.email],
    [say(T.fieldPhone), member.phone],
    [say(T.fieldPush), member.pushToken === null ? null : `${member.pushToken} (${member.pushPlatform ?? ''})`],
    ...consentPairs(member, say),
    [say(T.fieldSuppressed), member.suppressed.length === 0 ? null : channelWords(member.suppressed, say)],
    [say(T.fieldAttributes), attributes.length === 0 ? null : attributes.join(', ')],
  ]);
}

function consentPairs({ consent }: MemberAnswer, say: Say): readonly (readonly [string, string])[] {
  return CHANNELS.flatMap((channel) => {
    const record = consent[channel];
    if (record === undefined) return [];
    const state = CONSENT_WORDS[record.state];
    const words = [
      state === undefined ? record.state : say(state),
      ...(record.at === null ? [] : [formatTime(record.at)]),
      ...(record.source === null ? [] : [record.source]),
    ];
    return [[`${say(T.fieldConsent)} ${say(CHANNEL_WORDS[channel])}`, words.join('  ')] as const];
  });
}

export const channelWords = (channels: readonly (typeof CHANNELS)[number][], say: Say): string =>
  channels.map((channel) => say(CHANNEL_WORDS[channel])).join(', ');

/** A list without addresses: it is for finding somebody, not for reading them all. */
export function renderMembers(members: readonly MemberAnswer[], { say }: Pick<CliContext, 'say'>): string {
  return renderTable(
    [
      { title: say(T.fieldMember), value: ({ memberId }) => memberId },
      { title: say(T.fieldName), value: ({ name }) => name ?? say(GENERAL_TEXT.none) },
      { title: say(T.fieldLevel), value: ({ level }) => `${level}`, isNumber: true },
      { title: say(T.fieldPoints), value: ({ points }) => formatCount(points), isNumber: true },
      { title: say(T.fieldActiveDays), value: ({ activeDays }) => `${activeDays}`, isNumber: true },
      { title: say(T.fieldReachable), value: (member) => channelWords(reachableBy(member), say) },
      { title: say(T.fieldTags), value: ({ tags }) => tags.join(', ') },
    ],
    members,
  );
}

/** Channels with an address that are not suppressed; consent is another matter. */
function reachableBy(member: MemberAnswer): readonly (typeof CHANNELS)[number][] {
  const hasAddress = {
    inbox: true,
    sms: member.phone !== null,
    email: member.email !== null,
    app: member.pushToken !== null,
  };
  return CHANNELS.filter((channel) => hasAddress[channel] && !member.suppressed.includes(channel));
}
