/** Members as they cross the HTTP edge. */
import { z } from 'zod';
import { CHANNELS, type Channel } from '../core/channels.js';
import { formatInstant } from '../core/time.js';
import { channelsOf, suppressedMask } from '../membership/flags.js';
import { CONSENT_STATES } from '../membership/consent.js';
import { PUSH_PLATFORMS, type Member } from '../membership/member.js';
import { instantOutput } from './schemas.js';

const consentOutput = z.object({
  state: z.enum(CONSENT_STATES),
  at: instantOutput.nullable(),
  source: z.string().nullable(),
});

export const memberOutput = z
  .object({
    memberId: z.string(),
    ordinal: z.int().nonnegative().describe('Our own number of the member; never given to anybody else'),
    name: z.string().nullable(),
    level: z.int(),
    points: z.int(),
    activeDays: z.int(),
    lastActiveAt: instantOutput.nullable(),
    tags: z.array(z.string()),
    timeZone: z.string().nullable(),
    locale: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    pushToken: z.string().nullable(),
    pushPlatform: z.enum(PUSH_PLATFORMS).nullable(),
    consent: z.partialRecord(z.enum(CHANNELS), consentOutput),
    attributes: z.record(z.string(), z.unknown()),
    suppressed: z.array(z.enum(CHANNELS)).describe('Channels closed for the member or its address'),
  })
  .meta({ id: 'Member' });

/** What can be said of a member; what is left out stays. Checked again, with hints, by the reader of statements. */
export const memberBody = z
  .looseObject({
    name: z.string().nullable().optional(),
    level: z.int().optional(),
    points: z.int().optional(),
    activeDays: z.int().optional().describe('Days active in the last 30'),
    lastActiveAt: z.string().nullable().optional().meta({ format: 'date-time' }),
    tags: z.array(z.string()).optional(),
    timeZone: z.string().nullable().optional(),
    locale: z.string().nullable().optional(),
    email: z.string().nullable().optional(),
    phone: z.string().nullable().optional().describe('E.164, or national with the configured region'),
    pushToken: z.string().nullable().optional(),
    pushPlatform: z.enum(PUSH_PLATFORMS).nullable().optional(),
    consent: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('By channel: a state, or {state, at, source}; merges by time'),
    attributes: z.record(z.string(), z.unknown()).optional().describe('Merge key by key; null removes one'),
  })
  .meta({ id: 'MemberFields' });

export function renderMember(member: Member): z.output<typeof memberOutput> {
  const consent: Partial<Record<Channel, z.output<typeof consentOutput>>> = {};
  for (const channel of CHANNELS) {
    const record = member.consent[channel];
    if (record !== undefined)
      consent[channel] = { ...record, at: record.at === null ? null : formatInstant(record.at) };
  }
  return {
    memberId: member.memberId,
    ordinal: member.ordinal,
    name: member.name,
    level: member.level,
    points: member.points,
    activeDays: member.activeDays,
    lastActiveAt: member.lastActiveAt === null ? null : formatInstant(member.lastActiveAt),
    tags: [...member.tags],
    timeZone: member.timeZone,
    locale: member.locale,
    email: member.email,
    phone: member.phone,
    pushToken: member.pushToken,
    pushPlatform: member.pushPlatform,
    consent,
    attributes: member.attributes,
    suppressed: [...channelsOf(suppressedMask(member.flags))],
  };
}
