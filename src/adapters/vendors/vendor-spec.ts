import type { Channel } from '../../core/channels.js';
import type { VendorConfig } from '../../push/config/channel-config.js';
import type { MacKeys } from '../../push/mac-keys.js';
import type { ReadSecret } from '../../settings/secret.js';

/**
 * All that a provider is made from, secrets included, as plain data: it can be handed to the thread that sends.
 * It is never logged, printed or stored.
 */
export interface VendorSpec {
  readonly channel: Channel;
  readonly config: VendorConfig;
  readonly secrets: VendorSecrets;
  readonly keys: MacKeys;
}

export interface VendorSecrets {
  /** By the names that templates use. */
  readonly named: Readonly<Record<string, string>>;
  readonly signing: string | undefined;
  readonly password: string | undefined;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca: string | undefined;
}

/** @throws DomainError `INVALID_CONFIG` from `readSecret`, when a reference leads nowhere. */
export function readVendorSecrets(config: VendorConfig, readSecret: ReadSecret): VendorSecrets {
  switch (config.kind) {
    case 'http':
      return {
        named: Object.fromEntries(Object.entries(config.secrets).map(([name, ref]) => [name, readSecret(ref)])),
        signing: config.signature && readSecret(config.signature.secret),
        password: undefined,
        ca: config.ca && readSecret(config.ca),
      };
    case 'smtp':
      return {
        named: {},
        signing: undefined,
        password: config.auth && readSecret(config.auth.password),
        ca: config.ca && readSecret(config.ca),
      };
    case 'simulated':
      return { named: {}, signing: undefined, password: undefined, ca: undefined };
  }
}
