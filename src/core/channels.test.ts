import { expect, it } from 'vitest';
import { CHANNELS, FLAG_VALUES, channelAt, channelIndex, consentBit, contactBit, suppressedBit } from './channels.js';

it('keeps the index of each channel, because it is stored', () => {
  expect(CHANNELS.slice(0, 4)).toEqual(['inbox', 'sms', 'email', 'app']);
  for (const channel of CHANNELS) expect(channelAt(channelIndex(channel))).toBe(channel);
  expect(() => channelAt(CHANNELS.length)).toThrow(RangeError);
});

it('gives every flag of every channel a bit of its own within 16', () => {
  const bits = CHANNELS.flatMap((channel) => [consentBit(channel), contactBit(channel), suppressedBit(channel)]);
  expect(new Set(bits).size).toBe(bits.length);
  for (const bit of bits) {
    expect(Math.log2(bit) % 1).toBe(0);
    expect(bit).toBeLessThan(FLAG_VALUES);
  }
});
