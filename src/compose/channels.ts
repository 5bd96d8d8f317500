/** The channels of a configuration as pushers work them and as campaigns are offered them. */
import { buildProvider } from '../adapters/vendors/build-provider.js';
import { readVendorSecrets } from '../adapters/vendors/vendor-spec.js';
import { systemClock } from '../adapters/system/system-clock.js';
import type { ChannelOffer } from '../campaign/channel-offer.js';
import type { Config } from '../config.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import type { Provider } from '../core/ports/provider.js';
import { setUpChannel, setUpInbox, type ChannelSetup } from '../push/channel-setup.js';
import type { ChannelsConfig, VendorConfig } from '../push/config/channel-config.js';
import { MIN_SECRET_BYTES, type MacKeys } from '../push/mac-keys.js';
import type { ReadSecret } from '../settings/secret.js';

export function setUpChannels(
  channels: ChannelsConfig,
  makeProvider: (channel: Channel, config: VendorConfig) => Provider,
): ChannelSetup[] {
  return CHANNELS.flatMap((channel): ChannelSetup[] => {
    if (channel === 'inbox') return [setUpInbox(channels.inbox)];
    const config = channels[channel];
    return config === undefined ? [] : [setUpChannel(channel, config, makeProvider(channel, config.provider))];
  });
}

/**
 * What the channels of a configuration offer, with their templates and secrets checked. Connects to nothing.
 * @throws DomainError `INVALID_CONFIG`, `DELIVERY_MODE_REFUSED`.
 */
export async function checkChannels(
  config: Pick<Config, 'channels'>,
  readSecret: ReadSecret,
): Promise<readonly ChannelOffer[]> {
  const keys: MacKeys = { current: { id: 1, secret: new Uint8Array(MIN_SECRET_BYTES) }, previous: [] };
  const setups = setUpChannels(config.channels, (channel, vendor) =>
    buildProvider({ channel, config: vendor, keys, secrets: readVendorSecrets(vendor, readSecret) }, systemClock),
  );
  for (const { settings } of setups) await settings.provider?.close();
  return setups.map(({ offer }) => offer);
}
