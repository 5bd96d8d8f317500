import { RECIPIENT_COLUMNS, type RecipientColumn } from '../../../core/ports/provider.js';
import type { Escape } from '../../../message/escape.js';
import {
  CAMPAIGN_FIELDS,
  COUPON_FIELDS,
  memberFieldSource,
  messageFields,
  PROMOTION_FIELDS,
} from '../../../message/fields.js';
import { MESSAGE_PARTS, piecesOfPart, type ParsedMessage } from '../../../message/message.js';
import type { Piece } from '../../../message/renderer.js';
import type { KnownFields, TemplateField } from '../../../message/template.js';

/**
 * What a vendor's url, headers and body may name beside the fields of a message:
 *   message.subject title body html link   the rendered parts
 *   recipient.phone email pushToken pushPlatform   the address
 *   reference   the key of this member and round
 *   request.timestampMs timestampSeconds count   of the request
 *   secret.NAME   from `secrets`
 */
const MESSAGE_PREFIX = 'message.';
const RECIPIENT_PREFIX = 'recipient.';
const SECRET_PREFIX = 'secret.';
export const REFERENCE_FIELD = 'reference';
export const ADDRESS_COLUMNS = [
  'phone',
  'email',
  'pushToken',
  'pushPlatform',
] as const satisfies readonly RecipientColumn[];
/** Numbers of the request; a JSON string that holds nothing else becomes a number. */
export const REQUEST_FIELDS = ['request.timestampMs', 'request.timestampSeconds', 'request.count'] as const;

const COMMON_FIELDS = [...PROMOTION_FIELDS, ...COUPON_FIELDS, ...CAMPAIGN_FIELDS];

/** Fields of what is said once per request. */
export const requestFields = (secretNames: readonly string[]): KnownFields => ({
  names: [...COMMON_FIELDS, ...REQUEST_FIELDS, ...secretNames.map((name) => SECRET_PREFIX + name)],
  prefixes: [],
});

/** Fields of what is said about each member; inside the item of a batch nothing is known of the request. */
export function memberFields(secretNames: readonly string[], options: { readonly isItem: boolean }): KnownFields {
  const message = messageFields(COMMON_FIELDS);
  const ofRequest = requestFields(secretNames).names.filter((name) => !COMMON_FIELDS.some((common) => common === name));
  return {
    names: [
      ...message.names,
      ...ofRequest.filter((name) => !options.isItem || !REQUEST_FIELDS.some((known) => known === name)),
      ...MESSAGE_PARTS.map((part) => MESSAGE_PREFIX + part),
      ...ADDRESS_COLUMNS.map((column) => RECIPIENT_PREFIX + column),
      REFERENCE_FIELD,
    ],
    prefixes: message.prefixes,
  };
}

/** The column of the member that a field reads by itself; undefined for all that need none. */
export function columnOfField(name: string): RecipientColumn | undefined {
  if (!name.startsWith(RECIPIENT_PREFIX)) return memberFieldSource(name)?.column;
  const column = name.slice(RECIPIENT_PREFIX.length);
  return RECIPIENT_COLUMNS.find((known) => known === column);
}

export interface FieldValues {
  readonly secrets: Readonly<Record<string, string>>;
  readonly commonFields: Readonly<Record<string, string>>;
  readonly message: ParsedMessage;
}

/** What a field stands for, with values that are the same for all members put in. */
export function piecesOfField(field: TemplateField, values: FieldValues, escape: Escape): readonly Piece[] {
  const { name } = field;
  const fallback = escape(field.fallback);
  if (name.startsWith(SECRET_PREFIX)) return [escape(values.secrets[name.slice(SECRET_PREFIX.length)] ?? '')];
  const part = MESSAGE_PARTS.find((known) => name === MESSAGE_PREFIX + known);
  if (part !== undefined) {
    if (values.message.parts[part] === undefined) return [fallback];
    return piecesOfPart(values.message, part, { commonFields: values.commonFields, outer: escape });
  }
  const common = values.commonFields[name];
  if (common !== undefined) return [escape(common) || fallback];
  const source = memberFieldSource(name);
  const column = source?.column ?? columnOfField(name) ?? ownColumn(name);
  return column === undefined ? [fallback] : [{ column, key: source?.attribute, escape, fallback }];
}

/** Columns that the provider itself adds: reference and numbers of the request. */
const ownColumn = (name: string): string | undefined =>
  name === REFERENCE_FIELD || REQUEST_FIELDS.some((known) => known === name) ? name : undefined;
