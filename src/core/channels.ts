/** The channels a message can take. The order is public: a channel's index is stored, so it is append-only. */
export const CHANNELS = ['inbox', 'sms', 'email', 'app'] as const;
export type Channel = (typeof CHANNELS)[number];

export const channelIndex = (channel: Channel): number => CHANNELS.indexOf(channel);

export function channelAt(index: number): Channel {
  const channel = CHANNELS[index];
  if (channel === undefined) throw new RangeError(`No channel has index ${index}.`);
  return channel;
}

/**
 * The 16 flag bits of a member, as kept per member and per block: three bits a channel
 * (may be told, can be reached, is suppressed), so that deciding a bucket is a table look-up.
 */
const BITS_PER_CHANNEL = 3;
export const consentBit = (channel: Channel): number => 1 << (channelIndex(channel) * BITS_PER_CHANNEL);
export const contactBit = (channel: Channel): number => consentBit(channel) << 1;
export const suppressedBit = (channel: Channel): number => consentBit(channel) << 2;
/** Every value a member's flags can take. */
export const FLAG_VALUES = 65_536;
