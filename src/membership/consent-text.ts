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

const SIGN: Readonly<Record<ConsentState, string>> = { granted: '+', denied: '-', unset: '0' };
const STATE_BY_SIGN: ReadonlyMap<string, ConsentState> = new Map<string, ConsentState>([
  ['+', 'granted'],
  ['-', 'denied'],
  ['0', 'unset'],
]);

/** Only what would end the entry, or look like an escape, is escaped. */
const packRecord = (channel: Channel, { state, at, source }: ConsentRecord): string =>
  `${channelIndex(channel)}${SIGN[state]}${at === null ? '' : at.toString(36)}:${source === null ? '' : escapeSource(source)}`;

const escapeSource = (source: string): string =>
  /[;%]/.test(source) ? source.replaceAll('%', '%25').replaceAll(';', '%3B') : source;
