import type { Clock } from '../../core/ports/clock.js';
import { ProxyChannel } from './proxy-channel.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';

/**
 * Connections to the proxies, one each. `inOrder` begins with the one that answered last, so that a proxy that died
 * costs one failed call, not every second one.
 */
export class ProxyPool {
  private readonly channels = new Map<string, ProxyChannel>();
  private preferred: string;
  private downSinceMs: number | undefined;

  constructor(
    private readonly endpoints: readonly [string, ...string[]],
    private readonly dependencies: { readonly clock: Clock; readonly onEvent: OnRocketmqEvent },
    firstIndex = 0,
  ) {
    this.preferred = endpoints[firstIndex % endpoints.length] ?? endpoints[0];
  }

  channel(address: string): ProxyChannel {
    const known = this.channels.get(address);
    if (known !== undefined) return known;
    const made = new ProxyChannel(address, this.dependencies);
    this.channels.set(address, made);
    return made;
  }

  /** All configured proxies, and before them those that a route names and the settings do not. */
  inOrder(first: readonly string[] = []): readonly string[] {
    const start = this.endpoints.indexOf(this.preferred);
    const rotated = [...this.endpoints.slice(start), ...this.endpoints.slice(0, start)];
    return [...new Set([...first, ...rotated])];
  }

  noteAnswer(address: string): void {
    if (this.endpoints.includes(address)) this.preferred = address;
    if (this.downSinceMs === undefined) return;
    const afterMs = this.dependencies.clock.monotonicMs() - this.downSinceMs;
    this.downSinceMs = undefined;
    this.dependencies.onEvent({ kind: 'available', afterMs });
  }

  /** A round over all proxies failed. */
  noteRoundFailed(reason: string): void {
    if (this.downSinceMs !== undefined) return;
    this.downSinceMs = this.dependencies.clock.monotonicMs();
    this.dependencies.onEvent({ kind: 'unavailable', reason });
  }

  close(): void {
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }
}
