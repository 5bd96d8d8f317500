import type { Channel } from '../../core/channels.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Provider } from '../../core/ports/provider.js';
import type { VendorConfig } from '../../push/config/channel-config.js';
import type { MacKeys } from '../../push/mac-keys.js';
import type { ReadSecret } from '../../settings/secret.js';
import { buildProvider } from './build-provider.js';
import { readVendorSecrets, type VendorSpec } from './vendor-spec.js';
import { WorkerProvider, type VendorThreadEvent } from './worker/worker-provider.js';

export interface ProviderDeps {
  readonly clock: Clock;
  /** Keys of references and unsubscribe tokens; the same for all nodes that share a store. */
  readonly keys: MacKeys;
  readonly readSecret: ReadSecret;
  /** Our own unsubscribe page, for mail whose settings name none. */
  readonly unsubscribeUrl?: string | undefined;
  readonly onEvent: (event: VendorThreadEvent) => void;
}

/**
 * The provider of a channel by its settings. What talks to a vendor or renders runs in a thread of its own; a
 * simulated vendor that does neither stays in this one. Connects to nothing before it sends.
 * @throws DomainError `INVALID_CONFIG` when a template of the settings can't be right, or a secret is not there.
 */
export function createProvider(channel: Channel, settings: VendorConfig, deps: ProviderDeps): Provider {
  const config = withUnsubscribeUrl(settings, deps.unsubscribeUrl);
  const spec: VendorSpec = { channel, config, keys: deps.keys, secrets: readVendorSecrets(config, deps.readSecret) };
  const provider = buildProvider(spec, deps.clock);
  if (config.kind === 'simulated' && !config.rendersMessage) return provider;
  // The one built here has checked the settings and knows its capabilities; it never connects.
  return new WorkerProvider(spec, provider.capabilities, { clock: deps.clock, onEvent: deps.onEvent });
}

const withUnsubscribeUrl = (config: VendorConfig, unsubscribeUrl: string | undefined): VendorConfig =>
  config.kind === 'smtp' ? { ...config, unsubscribeUrl: config.unsubscribeUrl ?? unsubscribeUrl } : config;
