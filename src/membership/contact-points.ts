import { domainToASCII } from 'node:url';
import { invalidField } from './invalid-field.js';
import { PUSH_PLATFORMS, type PushPlatform } from './member.js';

/**
 * Addresses as they come in and as they are kept. CR, LF, NUL and all other control characters are refused, so that
 * an address can never carry a header. Errors name the field, never the address.
 */

/**
 * The e-mail address in lower case, its domain in ASCII (RFC 5321 lengths, RFC 5322 dot-atom). Local parts compare
 * without case at every large provider, and two spellings of one address must meet in the suppression list.
 * @throws DomainError `INVALID_INPUT`
 */
export function normalizeEmail(field: string, text: string): string {
  const address = text.trim().toLowerCase();
  if (address.length <= MAX_EMAIL_CHARACTERS && PLAIN_EMAIL.test(address)) return address;
  return normalizeUnusualEmail(field, address);
}

function normalizeUnusualEmail(field: string, address: string): string {
  if (address.length > MAX_EMAIL_CHARACTERS)
    throw invalidField(field, `is longer than ${MAX_EMAIL_CHARACTERS} characters`);
  const at = address.lastIndexOf('@');
  // domainToASCII drops line ends and tabs silently, so they are refused before it.
  if (at < 1 || UNSAFE.test(address) || at === address.length - 1)
    throw invalidField(field, 'is not an e-mail address');
  const local = address.slice(0, at);
  if (!NON_ASCII.test(address.slice(at + 1))) throw invalidField(field, 'is not an e-mail address');
  if (NON_ASCII.test(local)) throw invalidField(field, 'has characters outside ASCII before the @');
  const ascii = `${local}@${domainToASCII(address.slice(at + 1))}`;
  if (ascii.length > MAX_EMAIL_CHARACTERS || !PLAIN_EMAIL.test(ascii))
    throw invalidField(field, 'is not an e-mail address');
  return ascii;
}

const MAX_EMAIL_CHARACTERS = 254;
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const PLAIN_EMAIL = new RegExp(`^(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+(?=[a-z0-9-]*[a-z])${LABEL}$`);

const NON_ASCII = /[^\u0000-\u007f]/;
const UNSAFE = /[\u0000-\u0020\u007f]/;

/** A push token: visible ASCII without spaces, at most 2,048 characters, case kept. @throws DomainError `INVALID_INPUT` */
export function normalizePushToken(field: string, text: string): string {
  const token = text.trim();
  if (!PUSH_TOKEN.test(token)) throw invalidField(field, 'is not a push token: 1 to 2,048 visible ASCII characters');
  return token;
}

const PUSH_TOKEN = /^[\u0021-\u007e]{1,2048}$/;

/** @throws DomainError `INVALID_INPUT` naming the known platforms. */
export function readPushPlatform(field: string, text: string): PushPlatform {
  const wanted = text.trim().toLowerCase();
  const platform = PUSH_PLATFORMS.find((known) => known === wanted);
  if (platform === undefined) throw invalidField(field, `must be one of ${PUSH_PLATFORMS.join(', ')}`);
  return platform;
}
