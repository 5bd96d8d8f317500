import type { ProviderCapabilities } from '../../src/core/ports/provider.js';
import type { ChannelCatalogue, ChannelOffer } from '../../src/campaign/channel-offer.js';
import type { LaunchContext } from '../../src/campaign/launch-campaign.js';
import type { ManualClock } from './manual-clock.js';

const capabilities = (overrides: Partial<ProviderCapabilities> = {}): ProviderCapabilities => ({
  maxChunkMembers: 1_000,
  maxRequestMembers: 1_000,
  isKeyed: false,
  keyLifeMs: undefined,
  maxConcurrentRequests: 4,
  rendersMessage: true,
  recipientColumns: [],
  ...overrides,
});

const offer = (overrides: Partial<ChannelOffer> & Pick<ChannelOffer, 'channel'>): ChannelOffer => ({
  capabilities: capabilities(),
  defaultMode: 'atLeastOnce',
  windowMembers: 1_000,
  maxAmbiguousTries: 1,
  price: undefined,
  pace: {},
  ...overrides,
});

/** Inbox, a keyed SMS vendor at 4.5 fen, and an e-mail server that knows no keys; no app push. */
export const CATALOGUE: ChannelCatalogue = new Map([
  ['inbox', offer({ channel: 'inbox', capabilities: undefined, defaultMode: 'keyed' })],
  [
    'sms',
    offer({
      channel: 'sms',
      capabilities: capabilities({ isKeyed: true, keyLifeMs: 86_400_000 }),
      defaultMode: 'keyed',
      windowMembers: 32_000,
      price: { perMemberMinor: 4.5, currency: 'CNY' },
      pace: { membersPerSecond: 500 },
    }),
  ],
  ['email', offer({ channel: 'email', capabilities: capabilities({ maxChunkMembers: 50 }) })],
]);

/** Ann, now, over these channels. */
export const contextOf = (clock: ManualClock, catalogue: ChannelCatalogue = CATALOGUE): LaunchContext => ({
  now: clock.now(),
  actor: 'ann',
  catalogue,
  wording: { language: 'en', timeZone: 'UTC' },
});
