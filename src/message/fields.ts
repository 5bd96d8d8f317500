import type { RecipientColumn } from '../core/ports/provider.js';
import type { KnownFields } from './template.js';

/**
 * The fields of a message. `member.*` differ by member; `promotion.*`, `coupon.*` and `campaign.*` are the same for
 * everybody and arrive as `commonFields`, by full name. Contact points are not among them: they are the vendor's to know.
 */
export const MEMBER_FIELD_COLUMNS = {
  'member.id': 'memberId',
  'member.name': 'name',
  'member.level': 'level',
  'member.points': 'points',
  'member.activeDays': 'activeDays',
  'member.locale': 'locale',
  'member.timeZone': 'timeZone',
} as const satisfies Record<string, RecipientColumn>;

export const ATTRIBUTE_PREFIX = 'member.attributes.';

export const PROMOTION_FIELDS = [
  'promotion.name',
  'promotion.offer',
  'promotion.startsAt',
  'promotion.endsAt',
] as const;
/** Of the coupon that a campaign tells of; `coupon.offer` is what it takes off, in words. */
export const COUPON_FIELDS = ['coupon.id', 'coupon.name', 'coupon.offer', 'coupon.opensAt', 'coupon.closesAt'] as const;
export const CAMPAIGN_FIELDS = ['campaign.name'] as const;

/** What a message may name, given the fields that its campaign has a value for. */
export const messageFields = (commonFields: readonly string[]): KnownFields => ({
  names: [...Object.keys(MEMBER_FIELD_COLUMNS), ...commonFields],
  prefixes: [ATTRIBUTE_PREFIX],
});

/** Where a field's value stands in a row of columns; undefined for fields that are common to all. */
export interface FieldSource {
  readonly column: RecipientColumn;
  /** Key inside the `attributes` column. */
  readonly attribute?: string;
}

export function memberFieldSource(name: string): FieldSource | undefined {
  if (name.startsWith(ATTRIBUTE_PREFIX)) {
    return { column: 'attributes', attribute: name.slice(ATTRIBUTE_PREFIX.length) };
  }
  const columns: Readonly<Record<string, RecipientColumn>> = MEMBER_FIELD_COLUMNS;
  return Object.hasOwn(columns, name) ? toSource(columns[name]) : undefined;
}

const toSource = (column: RecipientColumn | undefined): FieldSource | undefined =>
  column === undefined ? undefined : { column };
