/**
 * A member as stores keep it and as batches travel between threads: flat, its lists and objects as canonical texts,
 * so that two members are the same exactly when their columns are, and a bulk load parses and writes nothing twice.
 */
import { memberId, ordinal } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { packConsent, unpackConsent } from './consent-text.js';
import { memberFlags } from './flags.js';
import type { Attributes, JsonValue, Member, MemberFields, PushPlatform } from './member.js';

export interface MemberRow {
  readonly memberId: string;
  readonly name: string | null;
  readonly level: number;
  readonly points: number;
  readonly activeDays: number;
  readonly lastActiveAt: EpochMs | null;
  readonly timeZone: string | null;
  readonly locale: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly pushToken: string | null;
  readonly pushPlatform: PushPlatform | null;
  /** See consent-text.ts. */
  readonly consent: string;
  /** JSON array of the sorted tags. */
  readonly tags: string;
  /** JSON object, keys in code-unit order. */
  readonly attributes: string;
  /** See flags.ts. */
  readonly flags: number;
}

/** A row that a store has. */
export interface StoredMember extends MemberRow {
  readonly ordinal: number;
  /** When any address last changed: a refusal of what was sent before it does not concern the new one. */
  readonly contactsChangedAt: EpochMs;
}

export function toMember(row: StoredMember): Member {
  return {
    memberId: memberId(row.memberId),
    ordinal: ordinal(row.ordinal),
    name: row.name,
    level: row.level,
    points: row.points,
    activeDays: row.activeDays,
    lastActiveAt: row.lastActiveAt,
    tags: JSON.parse(row.tags) as readonly string[], // written by tagsText only
    timeZone: row.timeZone,
    locale: row.locale,
    email: row.email,
    phone: row.phone,
    pushToken: row.pushToken,
    pushPlatform: row.pushPlatform,
    consent: unpackConsent(row.consent),
    attributes: JSON.parse(row.attributes) as Attributes, // written by attributesText only
    flags: row.flags,
  };
}

/** The row of a member that nothing is suppressed for. */
export function toRow(id: string, fields: MemberFields): MemberRow {
  return {
    memberId: id,
    name: fields.name,
    level: fields.level,
    points: fields.points,
    activeDays: fields.activeDays,
    lastActiveAt: fields.lastActiveAt,
    timeZone: fields.timeZone,
    locale: fields.locale,
    email: fields.email,
    phone: fields.phone,
    pushToken: fields.pushToken,
    pushPlatform: fields.pushPlatform,
    consent: packConsent(fields.consent),
    tags: tagsText(fields.tags),
    attributes: attributesText(fields.attributes),
    flags: memberFlags(fields, 0),
  };
}

/** Tags are sorted and unique already. */
export const tagsText = (tags: readonly string[]): string => (tags.length === 0 ? '[]' : JSON.stringify(tags));

/** Keys sorted; nested objects as they are. */
export function attributesText(attributes: Readonly<Record<string, JsonValue | undefined>>): string {
  const keys = Object.keys(attributes);
  if (keys.length === 0) return '{}';
  if (keys.length === 1) return JSON.stringify(attributes);
  return JSON.stringify(Object.fromEntries(keys.sort().map((key) => [key, attributes[key]])));
}
