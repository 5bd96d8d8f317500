import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { assert } from '../core/assert.js';
import { CHANNELS, channelIndex, type Channel } from '../core/channels.js';
import { campaignId, ordinal, type CampaignId, type Ordinal } from '../core/ids.js';
import { deriveKeys, type MacKeys } from './mac-keys.js';
import { PACKED_INTEGER_BYTES, readPackedInteger, writePackedInteger } from './packed-integer.js';

/**
 * The token of a one-click unsubscribe link (RFC 8058): who leaves which channel, and which campaign made her.
 *
 *   byte 0 format (1) · byte 1 key id · byte 2 channel · bytes 3-9 campaign · bytes 10-16 ordinal · bytes 17-32 MAC
 *
 * 33 bytes are 44 characters of base64url, none of them spare, so each token has one spelling. The MAC is the first
 * 128 bits of HMAC-SHA256 over the rest. Nothing is stored and it does not expire: a link in an old mail must work.
 */
export interface UnsubscribeTarget {
  readonly ordinal: Ordinal;
  readonly channel: Channel;
  readonly campaignId: CampaignId;
}

export interface UnsubscribeTokens {
  write(target: UnsubscribeTarget): string;
  /** Undefined for everything not made with one of the keys; the caller answers all of it alike. */
  read(token: string): UnsubscribeTarget | undefined;
}

const FORMAT = 1;
const CAMPAIGN_AT = 3;
const ORDINAL_AT = CAMPAIGN_AT + PACKED_INTEGER_BYTES;
const MAC_AT = ORDINAL_AT + PACKED_INTEGER_BYTES;
const MAC_BYTES = 16;
const SHAPE = /^[A-Za-z0-9_-]{44}$/;

export function createUnsubscribeTokens(keys: MacKeys): UnsubscribeTokens {
  const derived = deriveKeys(keys, 'fanfare unsubscribe 1');
  const currentKey = derived.get(keys.current.id);
  assert(currentKey !== undefined, 'the current key was derived');
  return {
    write(target) {
      const bytes = Buffer.alloc(MAC_AT + MAC_BYTES);
      bytes[0] = FORMAT;
      bytes[1] = keys.current.id;
      bytes[2] = channelIndex(target.channel);
      writePackedInteger(bytes, target.campaignId, CAMPAIGN_AT);
      writePackedInteger(bytes, target.ordinal, ORDINAL_AT);
      macOf(bytes, currentKey).copy(bytes, MAC_AT);
      return bytes.toString('base64url');
    },
    read: (token) => readToken(token, derived),
  };
}

function readToken(token: string, keys: ReadonlyMap<number, KeyObject>): UnsubscribeTarget | undefined {
  if (!SHAPE.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const key = keys.get(bytes[1] ?? 0);
  if (key === undefined || !timingSafeEqual(macOf(bytes, key), bytes.subarray(MAC_AT))) return undefined;
  const channel = CHANNELS[bytes[2] ?? CHANNELS.length];
  const campaign = readPackedInteger(bytes, CAMPAIGN_AT);
  const member = readPackedInteger(bytes, ORDINAL_AT);
  if (bytes[0] !== FORMAT || channel === undefined || campaign === undefined || member === undefined) return undefined;
  return { ordinal: ordinal(member), channel, campaignId: campaignId(campaign) };
}

const macOf = (bytes: Buffer, key: KeyObject): Buffer =>
  createHmac('sha256', key).update(bytes.subarray(0, MAC_AT)).digest().subarray(0, MAC_BYTES);
