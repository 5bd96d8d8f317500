/** Refusals of filters: one reason each, with the place and the values, so that any language has words for it. */
import { DomainError } from '../core/errors.js';

/** What is wrong with a filter; stands in the refusal's values as `reason`. */
export const FILTER_REASONS = [
  'tooLong',
  'tooDeep',
  'tooManyConditions',
  'tooManyValues',
  'strayCharacter',
  'openQuote',
  'unexpected',
  'unquotedText',
  'unknownChannel',
  'unknownField',
  'attributeKey',
  'emptyList',
  'notBoolean',
  'notWhole',
  'notInstant',
  'notText',
  'notScalar',
  'twoBounds',
  'boundsOfTwoTypes',
  'unknownState',
  'unknownCoupon',
  'noOrder',
  'noOrderOfBooleans',
  'noTest',
  'severalTests',
  'notObject',
  'emptyFilter',
  'unknownKey',
  'notFilters',
  'everybodyNotTrue',
  'fieldNotText',
  'valuesNotList',
] as const;
export type FilterReason = (typeof FILTER_REASONS)[number];

/** Where in a filter: a character of its text, counted from 1, or the path in its JSON. */
export type FilterPlace = { readonly position: number } | { readonly path: string };

/** The place as the detail of a refusal names it. */
export const at = (place: FilterPlace): string =>
  'path' in place ? `at ${place.path}` : `at position ${place.position}`;

export const invalidFilter = (
  reason: FilterReason,
  message: string,
  values: Readonly<Record<string, unknown>> = {},
): DomainError => new DomainError('INVALID_FILTER', message, { reason, ...values });

/** A piece of what was written, short enough for a message. */
export const excerpt = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text);

export const quoted = (text: string): string => JSON.stringify(excerpt(text));
