/**
 * From loose input (cells of a file, the fields of a JSON object) to a `MemberStatement`. One setter per field; a
 * field that is never set is not stated. Unknown fields are refused and name the nearest known one.
 */
import type { Channel } from '../core/channels.js';
import { DomainError } from '../core/errors.js';
import type { MemberId } from '../core/ids.js';
import { nearestWord } from '../core/nearest.js';
import type { EpochMs } from '../core/time.js';
import type { ConsentRecord } from './consent.js';
import { packConsent } from './consent-text.js';
import { normalizeEmail, normalizePushToken, readPushPlatform } from './contact-points.js';
import { memberFlags } from './flags.js';
import { invalidField } from './invalid-field.js';
import { MEMBER_LIMITS, type JsonValue, type PushPlatform } from './member.js';
import { attributesText, tagsText } from './member-row.js';
import { normalizePhone, type Region } from './phone-number.js';
import {
  checkAttributesSize,
  readAttributes,
  readConsent,
  readConsents,
  readInstant,
  readLocale,
  readName,
  readOptionalText,
  readTags,
  readTimeZone,
  readWhole,
  type ConsentInput,
} from './read-member.js';
import { STATED, type MemberStatement } from './statement.js';

export interface ReadOptions {
  /** When the input arrived: a consent time after it is refused. */
  readonly receivedAt: EpochMs;
  /** Country whose national phone format is understood; without it numbers need their `+`. */
  readonly defaultRegion: Region | undefined;
}

/** The fields of a member that a JSON object can state. */
export const MEMBER_FIELD_NAMES = [
  'name',
  'level',
  'points',
  'activeDays',
  'lastActiveAt',
  'tags',
  'timeZone',
  'locale',
  'email',
  'phone',
  'pushToken',
  'pushPlatform',
  'consent',
  'attributes',
] as const;
export type MemberFieldName = (typeof MEMBER_FIELD_NAMES)[number];

/** Collects what is stated about one member. Every setter throws DomainError `INVALID_INPUT` naming its field. */
export class StatementBuilder {
  private present = 0;
  private readonly row: StatedRow;
  private pushToken: string | null | undefined;
  private pushPlatform: PushPlatform | null | undefined;
  private consent: Partial<Record<Channel, ConsentRecord>> | undefined;
  private attributes: Record<string, JsonValue | undefined> | undefined;

  constructor(
    memberId: MemberId,
    private readonly options: ReadOptions,
  ) {
    this.row = { memberId, ...EMPTY_ROW };
  }

  set(field: MemberFieldName, value: unknown): void {
    this.present |= this.write(field, value);
  }

  /** Writes a value and answers the bit it states; what is stated in parts has its bit when it is built. */
  private write(field: MemberFieldName, value: unknown): number {
    switch (field) {
      case 'name':
        this.row.name = readName(value);
        return STATED.name;
      case 'level':
        this.row.level = readWhole('level', value, MEMBER_LIMITS.maxLevel);
        return STATED.level;
      case 'points':
        this.row.points = readWhole('points', value, Number.MAX_SAFE_INTEGER);
        return STATED.points;
      case 'activeDays':
        this.row.activeDays = readWhole('activeDays', value, MEMBER_LIMITS.maxActiveDays);
        return STATED.activeDays;
      case 'lastActiveAt':
        this.row.lastActiveAt = readInstant('lastActiveAt', value);
        return STATED.lastActiveAt;
      case 'tags':
        this.row.tags = typeof value === 'string' ? knownTagsText(value) : tagsText(readTags(value));
        return STATED.tags;
      case 'timeZone':
        this.row.timeZone = readTimeZone(value);
        return STATED.timeZone;
      case 'locale':
        this.row.locale = readLocale(value);
        return STATED.locale;
      case 'email':
        this.row.email = readAddress('email', value, (text) => normalizeEmail('email', text));
        return STATED.email;
      case 'phone':
        this.row.phone = readAddress('phone', value, (text) =>
          normalizePhone('phone', text, this.options.defaultRegion),
        );
        return STATED.phone;
      case 'pushToken':
        this.pushToken = readAddress('pushToken', value, (text) => normalizePushToken('pushToken', text));
        return 0;
      case 'pushPlatform':
        this.pushPlatform = readAddress('pushPlatform', value, (text) => readPushPlatform('pushPlatform', text));
        return 0;
      case 'consent':
        this.consent = { ...this.consent, ...readConsents(value, this.options.receivedAt) };
        return 0;
      case 'attributes':
        this.attributes = { ...this.attributes, ...readAttributes(value) };
        return 0;
    }
  }

  setConsent(channel: Channel, input: ConsentInput): void {
    const record = readConsent(channel, input, this.options.receivedAt);
    if (record !== undefined) (this.consent ??= {})[channel] = record;
  }

  setAttribute(key: string, value: JsonValue): void {
    (this.attributes ??= {})[key] = value;
  }

  build(): MemberStatement {
    this.finishPush();
    if (this.consent !== undefined) {
      this.row.consent = packConsent(this.consent);
      this.state(STATED.consent);
    }
    if (this.attributes !== undefined) {
      this.row.attributes = attributesText(this.attributes);
      checkAttributesSize(this.row.attributes);
      this.state(STATED.attributes);
    }
    const { email, phone, pushToken } = this.row;
    this.row.flags = memberFlags({ consent: this.consent ?? {}, email, phone, pushToken }, 0);
    return { present: this.present, row: this.row };
  }

  private finishPush(): void {
    if (this.pushToken === undefined && this.pushPlatform === undefined) return;
    const [token, platform] = [this.pushToken ?? null, this.pushPlatform ?? null];
    if (token !== null && platform === null) throw invalidField('pushPlatform', 'must be stated with pushToken');
    // A platform without a token says nothing: files keep the column filled for members who lost theirs.
    this.row.pushToken = token;
    this.row.pushPlatform = token === null ? null : platform;
    this.state(STATED.push);
  }

  private state(bit: number): void {
    this.present |= bit;
  }
}

/** Texts of tags repeat from row to row: what they read as is remembered, bounded. */
const tagsByCell = new Map<string, string>();
const MAX_KNOWN_TAGS = 10_000;

function knownTagsText(cell: string): string {
  let text = tagsByCell.get(cell);
  if (text === undefined) {
    text = tagsText(readTags(cell));
    if (tagsByCell.size >= MAX_KNOWN_TAGS) tagsByCell.clear();
    tagsByCell.set(cell, text);
  }
  return text;
}

type StatedRow = { -readonly [Key in keyof MemberStatement['row']]: MemberStatement['row'][Key] };

const EMPTY_ROW: Omit<StatedRow, 'memberId'> = {
  name: null,
  level: 0,
  points: 0,
  activeDays: 0,
  lastActiveAt: null,
  timeZone: null,
  locale: null,
  email: null,
  phone: null,
  pushToken: null,
  pushPlatform: null,
  consent: '',
  tags: '[]',
  attributes: '{}',
  flags: 0,
};

function readAddress<Value>(field: string, value: unknown, normalize: (text: string) => Value): Value | null {
  const text = readOptionalText(field, value);
  return text === null ? null : normalize(text);
}

/**
 * What a JSON object states about a member; `memberId` itself is not among its fields.
 * @throws DomainError `INVALID_INPUT` for a wrong value, or an unknown field with the nearest known one.
 */
export function readStatement(
  memberId: MemberId,
  input: Readonly<Record<string, unknown>>,
  options: ReadOptions,
): MemberStatement {
  const builder = new StatementBuilder(memberId, options);
  for (const [key, value] of Object.entries(input)) {
    const field = MEMBER_FIELD_NAMES.find((known) => known === key);
    if (field === undefined) {
      const nearest = nearestWord(key, MEMBER_FIELD_NAMES);
      const name = key.slice(0, 64);
      throw new DomainError(
        'INVALID_INPUT',
        `${JSON.stringify(name)} is no field of a member${nearest === undefined ? '.' : `; did you mean ${nearest}?`}`,
        { field: name, ...(nearest !== undefined && { nearest }) },
      );
    }
    if (value !== undefined) builder.set(field, value);
  }
  return builder.build();
}
