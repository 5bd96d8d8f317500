/**
 * Where a column of a file goes. Names are the fields of a member, and for columns that hold a part of one:
 *
 *   consent.sms   consent.sms.at   consent.sms.source   attributes.KEY   firstName   lastName
 *
 * Letter case, spaces, underscores and hyphens do not matter ("Member ID" is memberId), but in KEY.
 */
import { CHANNELS, type Channel } from '../../core/channels.js';
import { isAttributeKey } from '../member.js';
import { MEMBER_FIELD_NAMES, type MemberFieldName } from '../read-statement.js';

export type FieldTarget =
  | { readonly kind: 'memberId' }
  | { readonly kind: 'field'; readonly field: MemberFieldName }
  | { readonly kind: 'firstName' | 'lastName' }
  | { readonly kind: 'consent'; readonly channel: Channel; readonly part: 'state' | 'at' | 'source' }
  | { readonly kind: 'attribute'; readonly key: string; readonly type: 'text' | 'number' | 'boolean' };

export const TARGET_NAMES: readonly string[] = [
  'memberId',
  ...MEMBER_FIELD_NAMES,
  'firstName',
  'lastName',
  ...CHANNELS.flatMap((channel) => [`consent.${channel}`, `consent.${channel}.at`, `consent.${channel}.source`]),
];

/** Undefined for a name that is none. */
export function fieldTarget(name: string): FieldTarget | undefined {
  const attribute = /^\s*attributes?\.(.+)$/i.exec(name)?.[1]?.trim();
  if (attribute !== undefined)
    return isAttributeKey(attribute) ? { kind: 'attribute', key: attribute, type: 'text' } : undefined;
  return TARGET_BY_NAME.get(plainName(name));
}

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/** Two targets of the same key would write the same thing. */
export const keyOfTarget = (target: FieldTarget): string => {
  if (target.kind === 'field') return target.field;
  if (target.kind === 'consent') return `consent.${target.channel}.${target.part}`;
  return target.kind === 'attribute' ? `attributes.${target.key}` : target.kind;
};

const TARGET_BY_NAME: ReadonlyMap<string, FieldTarget> = new Map<string, FieldTarget>([
  ['memberid', { kind: 'memberId' }],
  ['firstname', { kind: 'firstName' }],
  ['lastname', { kind: 'lastName' }],
  ...MEMBER_FIELD_NAMES.map((field) => [plainName(field), { kind: 'field', field }] as const),
  ...CHANNELS.flatMap((channel) => [
    [`consent.${channel}`, { kind: 'consent', channel, part: 'state' }] as const,
    [`consent.${channel}.at`, { kind: 'consent', channel, part: 'at' }] as const,
    [`consent.${channel}.source`, { kind: 'consent', channel, part: 'source' }] as const,
  ]),
]);
