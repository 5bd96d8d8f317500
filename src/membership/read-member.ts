/**
 * Reads what files and requests say about a member into a `MemberPatch`: one reader per field, each taking text (a
 * CSV cell) or the JSON value. null and an empty cell take a value away; where a number cannot be absent they mean 0.
 * Every refusal is a DomainError `INVALID_INPUT` that names the field and never repeats its value.
 */
import { CHANNELS, type Channel } from '../core/channels.js';
import { memberId, type MemberId } from '../core/ids.js';
import { epochMs, parseInstant, type EpochMs } from '../core/time.js';
import { CONSENT_STATES, latestConsentAt, type ConsentRecord, type ConsentState } from './consent.js';
import { invalidField } from './invalid-field.js';
import { FORBIDDEN_KEYS, isAttributeKey, MEMBER_LIMITS, type JsonValue } from './member.js';

/** 1 to 128 visible characters, no spaces around; compared byte by byte. */
export function readMemberId(value: unknown): MemberId {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') throw invalidField('memberId', 'must be text');
  const trimmed = text.trim();
  if (trimmed === '') throw invalidField('memberId', 'is missing');
  if (trimmed.length > MEMBER_LIMITS.memberIdCharacters || INVISIBLE.test(trimmed)) {
    throw invalidField('memberId', `must be 1 to ${MEMBER_LIMITS.memberIdCharacters} visible characters`);
  }
  return memberId(trimmed);
}

export function readName(value: unknown): string | null {
  const text = readOptionalText('name', value);
  if (text !== null && (text.length > MEMBER_LIMITS.nameCharacters || CONTROL.test(text))) {
    throw invalidField('name', `must be at most ${MEMBER_LIMITS.nameCharacters} characters on one line`);
  }
  return text;
}

/** A whole number in [0, max]; text is accepted in plain digits. */
export function readWhole(field: string, value: unknown, max: number): number {
  if (value === null || value === '') return 0;
  const number = typeof value === 'string' && DIGITS.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > max) {
    throw invalidField(field, `must be a whole number from 0 to ${max}`);
  }
  return number;
}

/** RFC 3339 with an offset, or UTC milliseconds. */
export function readInstant(field: string, value: unknown): EpochMs | null {
  if (value === null || value === '') return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= MAX_INSTANT_MS)
    return epochMs(value);
  const text = typeof value === 'string' ? value.trim() : undefined;
  const instant = text === undefined ? undefined : (parseInstant(text) ?? parseEpochDigits(text));
  if (instant === undefined)
    throw invalidField(field, 'must be a time with its offset, such as 2026-11-11T00:00:00+08:00');
  return instant;
}

const parseEpochDigits = (text: string): EpochMs | undefined =>
  EPOCH_DIGITS.test(text) ? epochMs(Number(text)) : undefined;

/** A list, or text with commas between tags. Sorted, each once. */
export function readTags(value: unknown): readonly string[] {
  if (value === null || value === '') return [];
  const parts: readonly unknown[] | undefined =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : undefined;
  if (parts === undefined) throw invalidField('tags', 'must be a list, or text with commas between tags');
  const tags = new Set<string>();
  for (const part of parts) {
    if (typeof part !== 'string') throw invalidField('tags', 'must be text');
    const tag = part.trim();
    if (tag === '') continue;
    if (tag.length > MEMBER_LIMITS.tagCharacters || CONTROL.test(tag)) {
      throw invalidField('tags', `must each have at most ${MEMBER_LIMITS.tagCharacters} characters on one line`);
    }
    tags.add(tag);
  }
  if (tags.size > MEMBER_LIMITS.tags) throw invalidField('tags', `must be at most ${MEMBER_LIMITS.tags}`);
  return tags.size < 2 ? [...tags] : [...tags].sort();
}

/** An IANA zone, in its canonical case. */
export function readTimeZone(value: unknown): string | null {
  const text = readOptionalText('timeZone', value);
  if (text === null) return null;
  return (
    knownName(zoneByText, text, () => {
      if (!text.includes('/') && text.toUpperCase() !== 'UTC') return undefined; // offsets and abbreviations are no zones
      return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
    }) ?? fail('timeZone', 'must be an IANA time zone such as Asia/Shanghai')
  );
}

/** A BCP 47 tag, in its canonical case. */
export function readLocale(value: unknown): string | null {
  const text = readOptionalText('locale', value);
  if (text === null) return null;
  return (
    knownName(localeByText, text, () => Intl.getCanonicalLocales(text.replaceAll('_', '-'))[0]) ??
    fail('locale', 'must be a BCP 47 language tag such as zh-CN')
  );
}

const fail = (field: string, reason: string): never => {
  throw invalidField(field, reason);
};

/** Verdicts on names (null: no such name), because Intl takes 30 µs for each; bounded, as the texts come from files. */
const zoneByText = new Map<string, string | null>();
const localeByText = new Map<string, string | null>();
const MAX_KNOWN_NAMES = 10_000;

function knownName(known: Map<string, string | null>, text: string, find: () => string | undefined): string | null {
  const verdict = known.get(text);
  if (verdict !== undefined) return verdict;
  let name: string | null;
  try {
    name = find() ?? null;
  } catch {
    name = null; // Intl says no by a RangeError
  }
  if (known.size >= MAX_KNOWN_NAMES) known.clear();
  known.set(text, name);
  return name;
}

/** What a file or a request states about one channel. */
export interface ConsentInput {
  readonly state: unknown;
  readonly at?: unknown;
  readonly source?: unknown;
}

/** Undefined where nothing is stated: an empty state. */
export function readConsent(channel: Channel, input: ConsentInput, receivedAt: EpochMs): ConsentRecord | undefined {
  const field = `consent.${channel}`;
  if (input.state === null || input.state === '' || input.state === undefined) return undefined;
  const state = readConsentState(field, input.state);
  const at = input.at === undefined ? null : readInstant(`${field}.at`, input.at);
  if (at !== null && at > latestConsentAt(receivedAt)) throw invalidField(`${field}.at`, 'is in the future');
  return { state, at, source: input.source === undefined ? null : readConsentSource(`${field}.source`, input.source) };
}

function readConsentState(field: string, value: unknown): ConsentState {
  const state =
    typeof value === 'boolean' ? (value ? 'granted' : 'denied') : STATE_BY_WORD.get(String(value).trim().toLowerCase());
  if (state === undefined) throw invalidField(field, `must be one of ${CONSENT_STATES.join(', ')}`);
  return state;
}

const STATE_BY_WORD: ReadonlyMap<string, ConsentState> = new Map<string, ConsentState>([
  ...CONSENT_STATES.map((state) => [state, state] as const),
  ...['yes', 'true', '1', 'subscribed', 'opt-in'].map((word) => [word, 'granted'] as const),
  ...['no', 'false', '0', 'unsubscribed', 'opt-out'].map((word) => [word, 'denied'] as const),
  ...['unknown', 'not subscribed', 'not_subscribed', 'pending'].map((word) => [word, 'unset'] as const),
]);

function readConsentSource(field: string, value: unknown): string | null {
  const text = readOptionalText(field, value);
  if (text !== null && (text.length > MEMBER_LIMITS.consentSourceCharacters || CONTROL.test(text))) {
    throw invalidField(field, `must be at most ${MEMBER_LIMITS.consentSourceCharacters} characters on one line`);
  }
  return text;
}

/** The `consent` object of NDJSON and requests: by channel a state, or `{state, at, source}`. */
export function readConsents(
  value: unknown,
  receivedAt: EpochMs,
): Readonly<Partial<Record<Channel, ConsentRecord>>> | undefined {
  if (value === null) return undefined;
  if (!isRecord(value)) throw invalidField('consent', 'must be an object by channel');
  const statements: Partial<Record<Channel, ConsentRecord>> = {};
  for (const [key, stated] of Object.entries(value)) {
    const channel = CHANNELS.find((known) => known === key);
    if (channel === undefined) throw invalidField('consent', `has a channel that is none of ${CHANNELS.join(', ')}`);
    const input: ConsentInput = isRecord(stated) ? { ...stated, state: stated['state'] } : { state: stated };
    const record = readConsent(channel, input, receivedAt);
    if (record !== undefined) statements[channel] = record;
  }
  return statements;
}

/** The `attributes` object; null inside removes a key. Bounded in size and depth. */
export function readAttributes(value: unknown): Readonly<Record<string, JsonValue | undefined>> {
  if (value === null) return {};
  if (!isRecord(value)) throw invalidField('attributes', 'must be an object');
  for (const key of Object.keys(value)) readAttributeKey(key);
  if (!isJson(value, MEMBER_LIMITS.attributeDepth)) {
    throw invalidField('attributes', `must be JSON at most ${MEMBER_LIMITS.attributeDepth} levels deep`);
  }
  return value;
}

/** See `isAttributeKey`. */
export function readAttributeKey(key: string): string {
  if (!isAttributeKey(key)) {
    throw invalidField('attributes', 'has a key that is not 1 to 64 visible characters without quotes or backslashes');
  }
  return key;
}

/** A CSV cell as an attribute: text as it is; an empty one removes the key. */
export function readAttributeCell(cell: string): JsonValue {
  const text = cell.trim();
  return text === '' ? null : text;
}

/** Refuses attributes that have grown too large after a merge. */
export function checkAttributesSize(text: string): void {
  if (Buffer.byteLength(text) > MEMBER_LIMITS.attributesBytes) {
    throw invalidField('attributes', `take more than ${MEMBER_LIMITS.attributesBytes} bytes of JSON`);
  }
}

export function readOptionalText(field: string, value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') throw invalidField(field, 'must be text');
  const text = value.trim();
  return text === '' ? null : text;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isJson(value: unknown, depthLeft: number): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depthLeft === 0) return false;
  return Object.entries(value).every(([key, inner]) => !FORBIDDEN_KEYS.has(key) && isJson(inner, depthLeft - 1));
}

/** Lone surrogates too: they have no UTF-8, so the store would keep something else. */
const CONTROL = /[\u0000-\u001f\u007f\u2028\u2029]|\p{Cs}/u;
const INVISIBLE = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufeff]|\p{Cs}/u;

/** With the `.0` that data tools put behind whole numbers. */
const DIGITS = /^\d{1,16}(?:\.0+)?$/;
const EPOCH_DIGITS = /^\d{12,14}$/;
const MAX_INSTANT_MS = 8_640_000_000_000_000;
