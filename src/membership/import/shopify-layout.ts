/**
 * Shopify's customer export (Customers > Export, the layout of 2024 and later):
 *
 *   Customer ID, First Name, Last Name, Email, Accepts Email Marketing, Default Address Company, Default Address Address1,
 *   Default Address Address2, Default Address City, Default Address Province Code, Default Address Country Code,
 *   Default Address Zip, Default Address Phone, Phone, Accepts SMS Marketing, Total Spent, Total Orders, Note, Tax Exempt,
 *   Tags
 *
 * Ids and phone numbers have an apostrophe in front, against spreadsheets. "no" under Accepts … says that a customer
 * has not subscribed, not that one has refused: it takes consent back and leaves an explicit refusal as it is, so that
 * a later "yes" counts again. Street lines and notes are not taken.
 */
import type { FieldTarget } from './field-target.js';

const attribute = (key: string, type: 'text' | 'number' | 'boolean' = 'text'): FieldTarget => ({
  kind: 'attribute',
  key,
  type,
});

export const SHOPIFY_TARGETS: ReadonlyMap<string, FieldTarget> = new Map<string, FieldTarget>([
  ['Customer ID', { kind: 'memberId' }],
  ['First Name', { kind: 'firstName' }],
  ['Last Name', { kind: 'lastName' }],
  ['Email', { kind: 'field', field: 'email' }],
  ['Accepts Email Marketing', { kind: 'consent', channel: 'email', part: 'state' }],
  ['Default Address Company', attribute('company')],
  ['Default Address City', attribute('city')],
  ['Default Address Province Code', attribute('province')],
  ['Default Address Country Code', attribute('country')],
  ['Default Address Zip', attribute('zip')],
  ['Phone', { kind: 'field', field: 'phone' }],
  ['Accepts SMS Marketing', { kind: 'consent', channel: 'sms', part: 'state' }],
  ['Total Spent', attribute('totalSpent', 'number')],
  ['Total Orders', attribute('totalOrders', 'number')],
  ['Tax Exempt', attribute('taxExempt', 'boolean')],
  ['Tags', { kind: 'field', field: 'tags' }],
]);

/** The columns by which the layout is known; others may come and go. */
const SIGNATURE = ['Customer ID', 'Email', 'Accepts Email Marketing', 'Default Address Country Code'];

export const isShopifyHeader = (header: readonly string[]): boolean =>
  SIGNATURE.every((column) => header.includes(column));

/** A cell as it was before Shopify put an apostrophe in front of a number. */
export const undoShopifyGuard = (cell: string): string => (/^'\+?\d/.test(cell) ? cell.slice(1) : cell);

/** A state of `Accepts … Marketing`. */
export const shopifyConsent = (cell: string): string => (cell.trim().toLowerCase() === 'no' ? 'unset' : cell);
