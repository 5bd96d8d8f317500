import type { Channel } from '../core/channels.js';
import type { Provider } from '../core/ports/provider.js';
import type { PaceLimit } from '../core/ports/pacer.js';

/** How one channel is pushed, from the configuration. */
export interface ChannelSettings {
  readonly channel: Channel;
  /** Undefined for the own inbox: its send is the ledger's transaction. */
  readonly provider: Provider | undefined;
  /** Members handed over whose outcome is not durable yet: 1 to 32,000. */
  readonly windowMembers: number;
  /** Pace of the provider's account, shared by all campaigns. */
  readonly pace: PaceLimit;
  readonly maxDefiniteTries: number;
  readonly maxAmbiguousTries: number;
  readonly retry: { readonly firstDelayMs: number; readonly maxDelayMs: number };
}
