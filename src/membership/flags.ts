import { CHANNELS, consentBit, contactBit, suppressedBit, type Channel } from '../core/channels.js';
import type { ConsentRecord } from './consent.js';
import type { MemberFields } from './member.js';

/** Channels as a set of bits, by channel index; how suppressions are kept. */
export type ChannelMask = number;

export const channelMask = (channels: Iterable<Channel>): ChannelMask => {
  let mask = 0;
  for (const channel of channels) mask |= 1 << CHANNELS.indexOf(channel);
  return mask;
};
export const ALL_CHANNELS: ChannelMask = channelMask(CHANNELS);
export const channelsOf = (mask: ChannelMask): readonly Channel[] =>
  CHANNELS.filter((_, index) => (mask & (1 << index)) !== 0);

/** The fields that flags are made of. */
export interface FlagSource extends Pick<MemberFields, 'email' | 'phone' | 'pushToken'> {
  readonly consent: Readonly<Partial<Record<Channel, Pick<ConsentRecord, 'state'>>>>;
}

/** What a member's address on each channel is; undefined for the inbox, which needs none. */
export const CONTACT_FIELD = {
  inbox: undefined,
  sms: 'phone',
  email: 'email',
  app: 'pushToken',
} as const satisfies Record<Channel, 'phone' | 'email' | 'pushToken' | undefined>;

/**
 * The 16 bits that decide whether a member hears a channel. SMS, e-mail and app push need consent that was given;
 * the inbox is the shop's own and is allowed until the member refuses it, and every member can be reached there.
 */
export function memberFlags(member: FlagSource, suppressed: ChannelMask): number {
  let flags = INBOX_CONTACT;
  const { consent } = member;
  if (consent.inbox?.state !== 'denied') flags |= INBOX_CONSENT;
  if (consent.sms?.state === 'granted') flags |= SMS_CONSENT;
  if (consent.email?.state === 'granted') flags |= EMAIL_CONSENT;
  if (consent.app?.state === 'granted') flags |= APP_CONSENT;
  if (member.phone !== null) flags |= SMS_CONTACT;
  if (member.email !== null) flags |= EMAIL_CONTACT;
  if (member.pushToken !== null) flags |= APP_CONTACT;
  return suppressed === 0 ? flags : flags | suppressedBits(suppressed);
}

/** The suppressed channels that a member's flags hold. */
export const suppressedMask = (flags: number): ChannelMask =>
  channelMask(CHANNELS.filter((channel) => (flags & suppressedBit(channel)) !== 0));

function suppressedBits(mask: ChannelMask): number {
  let bits = 0;
  for (const channel of channelsOf(mask)) bits |= suppressedBit(channel);
  return bits;
}

const INBOX_CONSENT = consentBit('inbox');
const SMS_CONSENT = consentBit('sms');
const EMAIL_CONSENT = consentBit('email');
const APP_CONSENT = consentBit('app');
const INBOX_CONTACT = contactBit('inbox');
const SMS_CONTACT = contactBit('sms');
const EMAIL_CONTACT = contactBit('email');
const APP_CONTACT = contactBit('app');
