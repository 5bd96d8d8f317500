import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANNELS } from '../core/channels.js';
import { campaignId, ordinal } from '../core/ids.js';
import type { MacKey } from './mac-keys.js';
import { createReferenceCodec, REFERENCE_LENGTH } from './reference.js';
import { createUnsubscribeTokens } from './unsubscribe-token.js';

const key = (id: number): MacKey => ({ id, secret: new Uint8Array(32).fill(id + 1) });
const keys = { current: key(1), previous: [] };
const codec = createReferenceCodec(keys);
const tokens = createUnsubscribeTokens(keys);

const targets = fc.record({
  campaignId: fc.maxSafeNat().map(campaignId),
  channel: fc.constantFrom(...CHANNELS),
  members: fc.array(fc.record({ ordinal: fc.maxSafeNat(), round: fc.nat(15) }), { minLength: 1, maxLength: 40 }),
});

/** The text with one bit of what it encodes changed. */
function flipBit(text: string, bit: number): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes.toString('base64url');
}

describe('a reference', () => {
  it('names its cell, whoever its neighbours were', () => {
    fc.assert(
      fc.property(targets, ({ campaignId: campaign, channel, members }) => {
        const ordinals = members.map((member) => member.ordinal);
        const rounds = members.map((member) => member.round);
        const references = codec.write({ campaignId: campaign, channel, ordinals, rounds });
        references.forEach((text, index) => {
          expect(text).toHaveLength(REFERENCE_LENGTH);
          expect(text).toMatch(/^[\w-]+$/);
          expect(codec.read(text)).toEqual({
            campaignId: campaign,
            channel,
            round: rounds[index],
            ordinal: ordinals[index],
          });
        });
        const alone = codec.write({
          campaignId: campaign,
          channel,
          ordinals: ordinals.slice(-1),
          rounds: rounds.slice(-1),
        });
        expect(alone).toEqual(references.slice(-1));
      }),
    );
  });

  it('is refused with any bit changed, cut, or in another alphabet', () => {
    const [text = ''] = codec.write({ campaignId: campaignId(7), channel: 'sms', ordinals: [123_456], rounds: [2] });
    for (let bit = 0; bit < 24 * 8; bit++) expect(codec.read(flipBit(text, bit))).toBeUndefined();
    for (const wrong of ['', text.slice(1), `${text}A`, `${text.slice(0, 31)}=`, ` ${text.slice(1)}`, 'é'.repeat(32)]) {
      expect(codec.read(wrong)).toBeUndefined();
    }
  });

  it('differs by round, and is read after its key was replaced, but not after it was removed', () => {
    const [first = '', second] = [0, 1].flatMap((round) =>
      codec.write({ campaignId: campaignId(7), channel: 'app', ordinals: [5], rounds: [round] }),
    );
    expect(first).not.toBe(second);
    expect(createReferenceCodec({ current: key(2), previous: [key(1)] }).read(first)?.ordinal).toBe(5);
    expect(createReferenceCodec({ current: key(2), previous: [] }).read(first)).toBeUndefined();
  });
});

describe('an unsubscribe token', () => {
  it('names member, channel and campaign', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.constantFrom(...CHANNELS), (member, campaign, channel) => {
        const target = { ordinal: ordinal(member), campaignId: campaignId(campaign), channel };
        expect(tokens.read(tokens.write(target))).toEqual(target);
      }),
    );
  });

  it('is refused with any bit changed, in another spelling, or as a reference', () => {
    const token = tokens.write({ ordinal: ordinal(9), campaignId: campaignId(3), channel: 'email' });
    for (let bit = 0; bit < 33 * 8; bit++) expect(tokens.read(flipBit(token, bit))).toBeUndefined();
    for (let last = 0; last < 64; last++) {
      const other =
        token.slice(0, 43) + 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt(last);
      expect(tokens.read(other) !== undefined).toBe(other === token);
    }
    const [reference = ''] = codec.write({ campaignId: campaignId(3), channel: 'email', ordinals: [9], rounds: [0] });
    expect(tokens.read(reference)).toBeUndefined();
  });

  it('is read after its key was replaced', () => {
    const target = { ordinal: ordinal(9), campaignId: campaignId(3), channel: 'email' as const };
    expect(createUnsubscribeTokens({ current: key(9), previous: [key(1)] }).read(tokens.write(target))).toEqual(target);
  });
});
