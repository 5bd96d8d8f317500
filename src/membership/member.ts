import type { Channel } from '../core/channels.js';
import type { MemberId, Ordinal } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import type { ConsentRecord } from './consent.js';

/** Where a push token lives. Stored by name; the list is public and only grows. */
export const PUSH_PLATFORMS = ['ios', 'android', 'web', 'huawei', 'honor', 'xiaomi', 'oppo', 'vivo'] as const;
export type PushPlatform = (typeof PUSH_PLATFORMS)[number];

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/** Free facts about a member, by key. Scalars at the top level can be filtered by. */
export type Attributes = Readonly<Record<string, JsonValue>>;

/** Everything we know of a member but who it is. */
export interface MemberFields {
  readonly name: string | null;
  /** 0 to 255; the shop decides what a level means. */
  readonly level: number;
  /** A safe integer, not negative. */
  readonly points: number;
  /** Days active in the last 30, as the shop's data team delivers it: 0 to 30. */
  readonly activeDays: number;
  readonly lastActiveAt: EpochMs | null;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  /** IANA name. */
  readonly timeZone: string | null;
  /** BCP 47, canonical case. */
  readonly locale: string | null;
  /** Normalised; see contact-points.ts. */
  readonly email: string | null;
  /** E.164. */
  readonly phone: string | null;
  /** The newest valid token; `pushPlatform` is set exactly when it is. */
  readonly pushToken: string | null;
  readonly pushPlatform: PushPlatform | null;
  /** A channel that is absent was never asked about. */
  readonly consent: ConsentByChannel;
  readonly attributes: Attributes;
}

export type ConsentByChannel = Readonly<Partial<Record<Channel, ConsentRecord>>>;

export interface Member extends MemberFields {
  readonly memberId: MemberId;
  readonly ordinal: Ordinal;
  /** Packed consent, contact points and suppressions; see flags.ts. */
  readonly flags: number;
}

/** A member about whom nothing was said yet. */
export const EMPTY_FIELDS: MemberFields = {
  name: null,
  level: 0,
  points: 0,
  activeDays: 0,
  lastActiveAt: null,
  tags: [],
  timeZone: null,
  locale: null,
  email: null,
  phone: null,
  pushToken: null,
  pushPlatform: null,
  consent: {},
  attributes: {},
};

/** What a member may hold at most; beyond it a row or a request is refused. */
export const MEMBER_LIMITS = {
  memberIdCharacters: 128,
  nameCharacters: 200,
  maxLevel: 255,
  maxActiveDays: 30,
  tags: 100,
  tagCharacters: 64,
  consentSourceCharacters: 64,
  attributesBytes: 8_192,
  attributeKeyCharacters: 64,
  attributeDepth: 5,
} as const;

/** Keys are 1 to 64 visible characters without quotes or backslashes, so that they can be named in a filter. */
export const isAttributeKey = (key: string): boolean => ATTRIBUTE_KEY.test(key) && !FORBIDDEN_KEYS.has(key);

const ATTRIBUTE_KEY = /^[^\u0000-\u001f\u007f"'\\\u2028\u2029\p{Cs}]{1,64}$/u;
/** Names that mean something else to an object. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
