import type { Channel } from '../core/channels.js';
import type { Provider } from '../core/ports/provider.js';
import { requireMode, type ChannelOffer } from '../campaign/channel-offer.js';
import type { ChannelsConfig, VendorChannelConfig } from './config/channel-config.js';
import type { ChannelSettings } from './channel-settings.js';

/** Window of channels whose vendor knows keys: a crash doubles nothing there, only speed counts. */
const KEYED_WINDOW_MEMBERS = 32_000;
const WINDOW_MEMBERS = 1_000;
const INBOX_RULES = { maxDefiniteTries: 1, maxAmbiguousTries: 0, retry: { firstDelayMs: 1_000, maxDelayMs: 1_000 } };

/** A channel as the pusher works it and as campaigns are offered it. */
export interface ChannelSetup {
  readonly settings: ChannelSettings;
  readonly offer: ChannelOffer;
}

/** The own inbox: always there. */
export function setUpInbox(config: ChannelsConfig['inbox']): ChannelSetup {
  const { pace } = config;
  return {
    settings: { channel: 'inbox', provider: undefined, windowMembers: KEYED_WINDOW_MEMBERS, pace, ...INBOX_RULES },
    offer: {
      channel: 'inbox',
      capabilities: undefined,
      defaultMode: 'keyed',
      windowMembers: KEYED_WINDOW_MEMBERS,
      maxAmbiguousTries: INBOX_RULES.maxAmbiguousTries,
      price: undefined,
      pace,
    },
  };
}

/**
 * A channel with a vendor behind it.
 * @throws DomainError `DELIVERY_MODE_REFUSED` when the configuration asks for a mode that the vendor can't keep.
 */
export function setUpChannel(channel: Channel, config: VendorChannelConfig, provider: Provider): ChannelSetup {
  const { capabilities } = provider;
  const defaultMode = config.mode ?? (capabilities.isKeyed ? 'keyed' : 'atLeastOnce');
  const usual = defaultMode === 'keyed' ? KEYED_WINDOW_MEMBERS : WINDOW_MEMBERS;
  const windowMembers = Math.max(config.windowMembers ?? usual, capabilities.maxRequestMembers);
  const { pace, maxAmbiguousTries, maxDefiniteTries, retry, price } = config;
  const offer: ChannelOffer = {
    channel,
    capabilities,
    defaultMode,
    windowMembers,
    maxAmbiguousTries,
    price,
    pace,
  };
  requireMode(offer, defaultMode);
  return { settings: { channel, provider, windowMembers, pace, maxAmbiguousTries, maxDefiniteTries, retry }, offer };
}
