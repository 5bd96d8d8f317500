import { CHANNELS, channelIndex, type Channel } from '../core/channels.js';
import { assert } from '../core/assert.js';
import { epochMs } from '../core/time.js';
import type { ConsentRecord, ConsentState } from './consent.js';
import type { ConsentByChannel } from './member.js';

/**
 * Consent of a member in one short text, as stores keep it: per channel, in channel order,
 * `<channel index><+ granted, - denied, 0 unset><time in base 36, or nothing>:<source>`, joined by `;`.
 * About 14 bytes a channel. Equal consent has equal text.
 */
export function packConsent(consent: ConsentByChannel): string {
  let text = '';
  for (const channel of CHANNELS) {
    const record = consent[channel];
    if (record !== undefined) text += (text === '' ? '' : ';') + packRecord(channel, record);
  }
  return text;
}

export function unpackConsent(text: string): ConsentByChannel {
  if (text === '') return {};
  const consent: Partial<Record<Channel, ConsentRecord>> = {};
  for (const entry of text.split(';')) {
    const channel = CHANNELS[Number(entry.charAt(0))];
    const state = STATE_BY_SIGN.get(entry.charAt(1));
    const colon = entry.indexOf(':');
    assert(channel !== undefined && state !== undefined && colon >= 2, 'a packed consent names its channel and state');
    const at = entry.slice(2, colon);
    const source = entry.slice(colon + 1);
    consent[channel] = {
      state,
      at: at === '' ? null : epochMs(Number.parseInt(at, 36)),
      source: source === '' ? null : decodeURIComponent(source),
    };
  }
  return consent;
}

/** The states alone of a packed text, without an object for each of its parts. */
export function consentStates(text: string): Partial<Record<Channel, ConsentOfState>> {
  const states: Partial<Record<Channel, ConsentOfState>> = {};
  for (let start = 0; start < text.length;) {
    const channel = CHANNELS[text.charCodeAt(start) - DIGIT_ZERO];
    const state = CONSENT_BY_SIGN.get(text.charAt(start + 1));
    assert(channel !== undefined && state !== undefined, 'a packed consent names its channel and state');
    states[channel] = state;
    const end = text.indexOf(';', start);
    start = end === -1 ? text.length : end + 1;
  }
  return states;
}

type ConsentOfState = Pick<ConsentRecord, 'state'>;
const DIGIT_ZERO = 48;

const SIGN: Readonly<Record<ConsentState, string>> = { granted: '+', denied: '-', unset: '0' };
const STATE_BY_SIGN: ReadonlyMap<string, ConsentState> = new Map<string, ConsentState>([
  ['+', 'granted'],
  ['-', 'denied'],
  ['0', 'unset'],
]);

const CONSENT_BY_SIGN: ReadonlyMap<string, ConsentOfState> = new Map(
  [...STATE_BY_SIGN].map(([sign, state]) => [sign, { state }]),
);

/** Only what would end the entry, or look like an escape, is escaped. */
const packRecord = (channel: Channel, { state, at, source }: ConsentRecord): string =>
  `${channelIndex(channel)}${SIGN[state]}${at === null ? '' : base36(at)}:${source === null ? '' : escapeSource(source)}`;

/** As `toString(36)`, which divides floating-point numbers digit by digit: 0.05 µs against 0.4. */
function base36(at: number): string {
  if (at < EIGHT_DIGITS_FROM || at >= EIGHT_DIGITS_UNTIL) return at.toString(36);
  const high = Math.floor(at / FOUR_DIGITS);
  const low = at - high * FOUR_DIGITS;
  return (
    pairOf(Math.floor(high / TWO_DIGITS)) +
    pairOf(high % TWO_DIGITS) +
    pairOf(Math.floor(low / TWO_DIGITS)) +
    pairOf(low % TWO_DIGITS)
  );
}

const TWO_DIGITS = 36 ** 2;
const FOUR_DIGITS = 36 ** 4;
/** 1972 to 2059. */
const EIGHT_DIGITS_FROM = 36 ** 7;
const EIGHT_DIGITS_UNTIL = 36 ** 8;
const PAIRS: readonly string[] = Array.from({ length: TWO_DIGITS }, (_, index) => index.toString(36).padStart(2, '0'));
const pairOf = (index: number): string => PAIRS[index] ?? '';

const escapeSource = (source: string): string =>
  /[;%]/.test(source) ? source.replaceAll('%', '%25').replaceAll(';', '%3B') : source;
