import { createCipheriv, timingSafeEqual, type KeyObject } from 'node:crypto';
import { assert } from '../core/assert.js';
import { CHANNELS, channelIndex, type Channel } from '../core/channels.js';
import { campaignId, ordinal, type CampaignId, type Ordinal } from '../core/ids.js';
import { deriveKeys, type MacKeys } from './mac-keys.js';
import { PACKED_INTEGER_BYTES, readPackedInteger, writePackedInteger } from './packed-integer.js';

/**
 * The reference that a vendor gets for one try to one member. It names the ledger's cell, so that a receipt finds it
 * with nothing stored, and carries a MAC, so that nobody can make one up.
 *
 *   byte 0      key id
 *   byte 1      channel × 16 + round (0..15)
 *   bytes 2-8   campaign
 *   bytes 9-15  ordinal
 *   bytes 16-23 MAC
 *
 * 24 bytes are 32 characters of base64url, none of them spare. The MAC is the first half of AES-256(key, bytes 1-15 and
 * a zero): CBC-MAC (ISO/IEC 9797-1) over exactly one block, sound because every message is one block long. Chosen over
 * HMAC because the blocks of a whole chunk are one call: an HMAC object per member held scattered audiences to
 * 290,000 references a second, this makes several million.
 */
export interface Reference {
  readonly campaignId: CampaignId;
  readonly channel: Channel;
  readonly round: number;
  readonly ordinal: Ordinal;
}

export interface ReferenceTargets {
  readonly campaignId: CampaignId;
  readonly channel: Channel;
  readonly ordinals: ArrayLike<number>;
  readonly rounds: ArrayLike<number>;
}

export interface ReferenceCodec {
  /** One reference per member, in the order given. The same member and round always get the same one (per key). */
  write(targets: ReferenceTargets): string[];
  /** What a reference names, or undefined when it was not made with one of the keys. */
  read(text: string): Reference | undefined;
}

export const REFERENCE_LENGTH = 32;

const REFERENCE_BYTES = 24;
const BLOCK_BYTES = 16;
const HEAD_AT = 1;
const CAMPAIGN_AT = 2;
const ORDINAL_AT = CAMPAIGN_AT + PACKED_INTEGER_BYTES;
const MAC_AT = ORDINAL_AT + PACKED_INTEGER_BYTES;
const MAC_BYTES = REFERENCE_BYTES - MAC_AT;
const MAX_ROUND = 15;
const SHAPE = /^[A-Za-z0-9_-]{32}$/;

export function createReferenceCodec(keys: MacKeys): ReferenceCodec {
  const derived = deriveKeys(keys, 'fanfare reference 1');
  const currentKey = derived.get(keys.current.id);
  assert(currentKey !== undefined, 'the current key was derived');
  return {
    write: (targets) => writeReferences(targets, keys.current.id, currentKey),
    read: (text) => readReference(text, derived),
  };
}

/** What a text says it names, without a key: for tools that count by cell and trust what they read. */
export function peekReference(text: string): Reference | undefined {
  return SHAPE.test(text) ? unpack(Buffer.from(text, 'base64url')) : undefined;
}

function writeReferences(targets: ReferenceTargets, keyId: number, key: KeyObject): string[] {
  const count = targets.ordinals.length;
  const bytes = Buffer.alloc(count * REFERENCE_BYTES);
  for (let index = 0; index < count; index++) {
    const at = index * REFERENCE_BYTES;
    bytes[at] = keyId;
    bytes[at + HEAD_AT] = headByte(targets.channel, targets.rounds[index] ?? 0);
    writePackedInteger(bytes, targets.campaignId, at + CAMPAIGN_AT);
    writePackedInteger(bytes, targets.ordinals[index] ?? 0, at + ORDINAL_AT);
  }
  const blocks = encryptBlocks(bytes, key);
  for (let index = 0; index < count; index++) {
    const blockAt = index * BLOCK_BYTES;
    blocks.copy(bytes, index * REFERENCE_BYTES + MAC_AT, blockAt, blockAt + MAC_BYTES);
  }
  // One conversion for all of them: a call per member would cost more than all the rest.
  const text = bytes.toString('base64url');
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * REFERENCE_LENGTH, (index + 1) * REFERENCE_LENGTH),
  );
}

function readReference(text: string, keys: ReadonlyMap<number, KeyObject>): Reference | undefined {
  if (!SHAPE.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  const key = keys.get(bytes[0] ?? 0);
  if (key === undefined) return undefined;
  if (!timingSafeEqual(encryptBlocks(bytes, key).subarray(0, MAC_BYTES), bytes.subarray(MAC_AT))) return undefined;
  return unpack(bytes);
}

function unpack(bytes: Buffer): Reference | undefined {
  const head = bytes[HEAD_AT] ?? 0;
  const channel = CHANNELS[head >>> 4];
  const campaign = readPackedInteger(bytes, CAMPAIGN_AT);
  const member = readPackedInteger(bytes, ORDINAL_AT);
  if (channel === undefined || campaign === undefined || member === undefined) return undefined;
  return { campaignId: campaignId(campaign), channel, round: head & MAX_ROUND, ordinal: ordinal(member) };
}

function headByte(channel: Channel, round: number): number {
  assert(Number.isInteger(round) && round >= 0 && round <= MAX_ROUND, `a round is 0 to ${MAX_ROUND}, not ${round}`);
  return (channelIndex(channel) << 4) | round;
}

/** The block of each reference in `bytes`, encrypted. */
function encryptBlocks(bytes: Buffer, key: KeyObject): Buffer {
  const count = bytes.length / REFERENCE_BYTES;
  const blocks = Buffer.alloc(count * BLOCK_BYTES);
  for (let index = 0; index < count; index++) {
    const at = index * REFERENCE_BYTES;
    bytes.copy(blocks, index * BLOCK_BYTES, at + HEAD_AT, at + MAC_AT);
  }
  const cipher = createCipheriv('aes-256-ecb', key, null);
  cipher.setAutoPadding(false);
  return cipher.update(blocks);
}
