import { CHANNELS, type Channel } from '../core/channels.js';
import type { EpochMs } from '../core/time.js';
import { mergeConsent, type ConsentRecord } from './consent.js';
import type { Attributes, ConsentByChannel, JsonValue, MemberFields, PushPlatform } from './member.js';

/**
 * What a file's row or a request says about a member. What is absent stays as it is; null (and an empty list) takes
 * the value away. Attributes merge key by key, null removes one. Consent merges by its own time.
 */
export interface MemberPatch {
  readonly name?: string | null | undefined;
  readonly level?: number | undefined;
  readonly points?: number | undefined;
  readonly activeDays?: number | undefined;
  readonly lastActiveAt?: EpochMs | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly timeZone?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly phone?: string | null | undefined;
  /** Token and platform are stated together, or not at all. */
  readonly push?: { readonly token: string; readonly platform: PushPlatform } | null | undefined;
  readonly consent?: Readonly<Partial<Record<Channel, ConsentRecord>>> | undefined;
  readonly attributes?: Readonly<Record<string, JsonValue | undefined>> | undefined;
}

/** The member after the patch. `receivedAt` dates a denial that has no time of its own. */
export function applyPatch(member: MemberFields, patch: MemberPatch, receivedAt: EpochMs): MemberFields {
  const push = patch.push === undefined ? member.pushToken : (patch.push?.token ?? null);
  const platform = patch.push === undefined ? member.pushPlatform : (patch.push?.platform ?? null);
  return {
    name: stated(patch.name, member.name),
    level: stated(patch.level, member.level),
    points: stated(patch.points, member.points),
    activeDays: stated(patch.activeDays, member.activeDays),
    lastActiveAt: stated(patch.lastActiveAt, member.lastActiveAt),
    tags: stated(patch.tags, member.tags),
    timeZone: stated(patch.timeZone, member.timeZone),
    locale: stated(patch.locale, member.locale),
    email: stated(patch.email, member.email),
    phone: stated(patch.phone, member.phone),
    pushToken: push,
    pushPlatform: platform,
    consent: patch.consent === undefined ? member.consent : mergeConsents(member.consent, patch.consent, receivedAt),
    attributes:
      patch.attributes === undefined ? member.attributes : mergeAttributes(member.attributes, patch.attributes),
  };
}

const stated = <Value>(value: Value | undefined, known: Value): Value => (value === undefined ? known : value);

function mergeConsents(
  known: ConsentByChannel,
  statements: NonNullable<MemberPatch['consent']>,
  receivedAt: EpochMs,
): ConsentByChannel {
  const merged: Partial<Record<Channel, ConsentRecord>> = { ...known };
  for (const channel of CHANNELS) {
    const statement = statements[channel];
    if (statement !== undefined) merged[channel] = mergeConsent(known[channel], statement, receivedAt);
  }
  return merged;
}

/** Keys in code-unit order, so that equal attributes have equal text. */
function mergeAttributes(known: Attributes, stated: NonNullable<MemberPatch['attributes']>): Attributes {
  const values = new Map<string, JsonValue>();
  for (const [key, value] of Object.entries(known)) values.set(key, value);
  for (const [key, value] of Object.entries(stated)) {
    if (value === null) values.delete(key);
    else if (value !== undefined) values.set(key, value);
  }
  return Object.fromEntries([...values].sort(([left], [right]) => (left < right ? -1 : 1)));
}
