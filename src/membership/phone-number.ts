/**
 * Phone numbers come in as people write them and are kept in E.164 (ITU-T E.164: `+`, country code, at most 15 digits).
 * The length must be one that the country's numbering plan knows (libphonenumber's *possible* numbers); ranges inside
 * a plan are not checked, because they are opened faster than any table of them is updated.
 *
 * Cost: 0.1 µs for a plain E.164 number whose first digits and length were seen before, 4 µs for anything else.
 */
import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import { invalidField } from './invalid-field.js';

/** A country of ISO 3166-1 (two letters) in whose national format a number without `+` is read. */
export type Region = CountryCode;

/** True for a country that has a numbering plan, in capitals. */
export const isRegion = (text: string): text is Region => isSupportedCountry(text);

/** @throws DomainError `INVALID_INPUT` for a country that has no numbering plan. */
export function readRegion(text: string): Region {
  const region = text.toUpperCase();
  if (!isRegion(region)) throw invalidField('defaultRegion', 'must be a country of two letters such as CN');
  return region;
}

/**
 * The number in E.164.
 * @throws DomainError `INVALID_INPUT` naming the field, never the number.
 */
export function normalizePhone(field: string, text: string, defaultRegion: Region | undefined): string {
  const trimmed = text.trim();
  if (PLAIN_E164.test(trimmed) && isKnownShape(trimmed)) return trimmed;
  if (trimmed.length > MAX_INPUT_CHARACTERS || hasControlCharacter(trimmed)) {
    throw invalidField(field, 'is not a phone number');
  }
  const parsed = parsePhoneNumberFromString(trimmed, {
    extract: false,
    ...(defaultRegion && { defaultCountry: defaultRegion }),
  });
  if (parsed === undefined) {
    throw invalidField(
      field,
      defaultRegion === undefined && !trimmed.startsWith('+')
        ? 'is not in international format; write it as +8613… or set a default region'
        : 'is not a phone number',
    );
  }
  if (parsed.ext !== undefined) throw invalidField(field, 'has an extension, which no message can reach');
  if (!parsed.isPossible()) throw invalidField(field, 'has a length that its country does not use');
  return parsed.number;
}

const PLAIN_E164 = /^\+[1-9]\d{6,14}$/;
const MAX_INPUT_CHARACTERS = 64;
/** Country code and what follows it: enough digits to know the plan and to see a trunk zero. */
const SHAPE_DIGITS = 5;

/** Verdicts of the library by first digits and length; at most 100,000 × 9 keys, in practice some hundred. */
const verdictByShape = new Map<string, boolean>();

function isKnownShape(number: string): boolean {
  const shape = number.slice(0, SHAPE_DIGITS) + String.fromCharCode(number.length);
  let isPossible = verdictByShape.get(shape);
  if (isPossible === undefined) {
    const parsed = parsePhoneNumberFromString(number);
    isPossible = parsed !== undefined && parsed.isPossible() && parsed.number === number;
    verdictByShape.set(shape, isPossible);
  }
  return isPossible;
}

const CONTROL = /[\u0000-\u001f\u007f]/;
const hasControlCharacter = (text: string): boolean => CONTROL.test(text);
