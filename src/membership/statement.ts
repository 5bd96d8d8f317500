/**
 * What a file's row or a request says about a member, and what the member is after it. Columns that are not stated
 * stay as they are; consent merges by its own time, attributes key by key (null takes one away), tags as a whole.
 * Stating the same twice changes nothing the second time.
 */
import { CHANNELS, type Channel } from '../core/channels.js';
import type { EpochMs } from '../core/time.js';
import { mergeConsent, type ConsentRecord } from './consent.js';
import { consentStates, packConsent, unpackConsent } from './consent-text.js';
import { memberFlags, type ChannelMask } from './flags.js';
import type { JsonValue } from './member.js';
import { attributesText, type MemberRow } from './member-row.js';
import { checkAttributesSize } from './read-member.js';

/** Bits of `MemberStatement.present`. */
export const STATED = {
  name: 1,
  level: 2,
  points: 4,
  activeDays: 8,
  lastActiveAt: 16,
  tags: 32,
  timeZone: 64,
  locale: 128,
  email: 256,
  phone: 512,
  /** Token and platform are stated together. */
  push: 1024,
  consent: 2048,
  attributes: 4096,
} as const;

/**
 * Consent in `row` holds the stated channels only, a denial without a time still without it; attributes hold the
 * stated keys only, null for those to take away. Flags are those of a new member of whom this is said and for whom
 * nothing is suppressed, so that a bulk load writes rows as they come.
 */
export interface MemberStatement {
  readonly present: number;
  readonly row: MemberRow;
}

/**
 * The row of a new member for whom nothing is suppressed. `receivedAt` dates a denial that has no time of its own.
 * Mostly it is the statement's own row.
 */
export function newRow({ row }: MemberStatement, receivedAt: EpochMs): MemberRow {
  const isPlain = !row.consent.includes('-:') && !row.attributes.includes('null');
  if (isPlain) return row;
  return {
    ...row,
    consent: mergeConsentTexts('', row.consent, receivedAt),
    attributes: mergeAttributeTexts('{}', row.attributes),
  };
}

/** A member's row after the statement, its flags without suppressions; `withFlags` adds those. */
export function mergeRow(
  known: Omit<MemberRow, 'flags'>,
  { present, row }: MemberStatement,
  receivedAt: EpochMs,
): Omit<MemberRow, 'flags'> {
  const has = (bit: number): boolean => (present & bit) !== 0;
  const push = has(STATED.push) ? row : known;
  return {
    memberId: known.memberId,
    name: has(STATED.name) ? row.name : known.name,
    level: has(STATED.level) ? row.level : known.level,
    points: has(STATED.points) ? row.points : known.points,
    activeDays: has(STATED.activeDays) ? row.activeDays : known.activeDays,
    lastActiveAt: has(STATED.lastActiveAt) ? row.lastActiveAt : known.lastActiveAt,
    timeZone: has(STATED.timeZone) ? row.timeZone : known.timeZone,
    locale: has(STATED.locale) ? row.locale : known.locale,
    email: has(STATED.email) ? row.email : known.email,
    phone: has(STATED.phone) ? row.phone : known.phone,
    pushToken: push.pushToken,
    pushPlatform: push.pushPlatform,
    consent: has(STATED.consent) ? mergeConsentTexts(known.consent, row.consent, receivedAt) : known.consent,
    tags: has(STATED.tags) ? row.tags : known.tags,
    attributes: has(STATED.attributes) ? mergeAttributeTexts(known.attributes, row.attributes) : known.attributes,
  };
}

/** Column by column, because a spread of that many takes 3 µs and leaves what only a full collection takes away. */
export function withFlags(row: Omit<MemberRow, 'flags'>, suppressed: ChannelMask): MemberRow {
  const { email, phone, pushToken } = row;
  return {
    memberId: row.memberId,
    name: row.name,
    level: row.level,
    points: row.points,
    activeDays: row.activeDays,
    lastActiveAt: row.lastActiveAt,
    timeZone: row.timeZone,
    locale: row.locale,
    email,
    phone,
    pushToken,
    pushPlatform: row.pushPlatform,
    consent: row.consent,
    tags: row.tags,
    attributes: row.attributes,
    flags: memberFlags({ consent: consentStates(row.consent), email, phone, pushToken }, suppressed),
  };
}

/** True when every column but the flags is the same. */
export const isSameRow = (left: Omit<MemberRow, 'flags'>, right: Omit<MemberRow, 'flags'>): boolean =>
  left.level === right.level &&
  left.points === right.points &&
  left.activeDays === right.activeDays &&
  left.lastActiveAt === right.lastActiveAt &&
  left.tags === right.tags &&
  left.name === right.name &&
  left.timeZone === right.timeZone &&
  left.locale === right.locale &&
  hasSameContacts(left, right) &&
  left.consent === right.consent &&
  left.attributes === right.attributes;

export const hasSameContacts = (left: Contacts, right: Contacts): boolean =>
  left.email === right.email &&
  left.phone === right.phone &&
  left.pushToken === right.pushToken &&
  left.pushPlatform === right.pushPlatform;

type Contacts = Pick<MemberRow, 'email' | 'phone' | 'pushToken' | 'pushPlatform'>;

function mergeConsentTexts(known: string, stated: string, receivedAt: EpochMs): string {
  if (known === stated && !stated.includes('-:')) return known;
  const merged: Partial<Record<Channel, ConsentRecord>> = { ...unpackConsent(known) };
  const statements = unpackConsent(stated);
  for (const channel of CHANNELS) {
    const statement = statements[channel];
    if (statement !== undefined) merged[channel] = mergeConsent(merged[channel], statement, receivedAt);
  }
  return packConsent(merged);
}

function mergeAttributeTexts(known: string, stated: string): string {
  if (known === stated && !stated.includes('null')) return known;
  const merged = new Map(Object.entries(parseAttributes(known)));
  for (const [key, value] of Object.entries(parseAttributes(stated))) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  const text = attributesText(Object.fromEntries(merged));
  checkAttributesSize(text);
  return text;
}

const parseAttributes = (text: string): Readonly<Record<string, JsonValue>> =>
  JSON.parse(text) as Readonly<Record<string, JsonValue>>; // written by attributesText only
