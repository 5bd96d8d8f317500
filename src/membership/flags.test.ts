import { describe, expect, it } from 'vitest';
import { CHANNELS, consentBit, contactBit, suppressedBit } from '../core/channels.js';
import { epochMs } from '../core/time.js';
import { ALL_CHANNELS, channelMask, channelsOf, memberFlags, suppressedMask } from './flags.js';
import { EMPTY_FIELDS } from './member.js';

const at = epochMs(1_790_000_000_000);
const granted = { state: 'granted', at, source: null } as const;
const denied = { state: 'denied', at, source: null } as const;

describe('flags of a member', () => {
  it('reach a member of whom nothing is known by the inbox only', () => {
    expect(memberFlags(EMPTY_FIELDS, 0)).toBe(consentBit('inbox') | contactBit('inbox'));
  });

  it('refuse the inbox after a denial and keep it reachable', () => {
    expect(memberFlags({ ...EMPTY_FIELDS, consent: { inbox: denied } }, 0)).toBe(contactBit('inbox'));
  });

  it.each([
    ['sms', { phone: '+8613812345678' }],
    ['email', { email: 'a@example.com' }],
    ['app', { pushToken: 'token' }],
  ] as const)('need granted consent and an address for %s', (channel, address) => {
    const inbox = consentBit('inbox') | contactBit('inbox');
    expect(memberFlags({ ...EMPTY_FIELDS, ...address }, 0)).toBe(inbox | contactBit(channel));
    expect(memberFlags({ ...EMPTY_FIELDS, consent: { [channel]: granted } }, 0)).toBe(inbox | consentBit(channel));
    expect(memberFlags({ ...EMPTY_FIELDS, consent: { [channel]: denied } }, 0)).toBe(inbox);
  });

  it('carry suppressions by channel', () => {
    for (const channel of CHANNELS) {
      const flags = memberFlags(EMPTY_FIELDS, channelMask([channel]));
      expect(flags & suppressedBit(channel)).not.toBe(0);
      expect(channelsOf(suppressedMask(flags))).toEqual([channel]);
    }
    expect(suppressedMask(memberFlags(EMPTY_FIELDS, ALL_CHANNELS))).toBe(ALL_CHANNELS);
  });
});
