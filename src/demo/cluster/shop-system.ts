/** Another system of the shop: reads events out of RocketMQ in a consumer group of its own, for as long as it runs. */
import { z } from 'zod';
import { systemRandom } from '../../adapters/system/system-random.js';
import { RocketmqNames, RocketmqQueue } from '../../compose.js';
import type { Clock } from '../../core/ports/clock.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import type { ShopEvents } from '../shop-events.js';

export const SHOP_GROUP = 'shop';
const LEASE_MS = 30_000;
const MAX_MESSAGES = 32;
const AFTER_ERROR_MS = 500;
const bodySchema = z.record(z.string(), z.unknown());
type Body = z.output<typeof bodySchema>;

export class ShopSystem implements ShopEvents {
  readonly group = SHOP_GROUP;
  private readonly queue: RocketmqQueue;
  private readonly names: RocketmqNames;
  private readonly stopping = new AbortController();
  private readonly reading = new Map<string, { readonly bodies: Body[]; readonly running: Promise<void> }>();

  constructor(
    settings: RocketmqSettings,
    private readonly clock: Clock,
  ) {
    this.queue = new RocketmqQueue({ settings, clock, random: systemRandom });
    this.names = new RocketmqNames(settings);
  }

  nameOf(topic: string): string {
    return this.names.topic(topic).name;
  }

  async subscribe(topic: string): Promise<void> {
    if (this.reading.has(topic)) return;
    await this.queue.ensureGroup({ topic, group: this.group });
    const bodies: Body[] = [];
    this.reading.set(topic, { bodies, running: this.run(topic, bodies) });
  }

  read(topic: string): Promise<readonly Body[]> {
    return Promise.resolve(this.reading.get(topic)?.bodies.splice(0) ?? []);
  }

  /** Ends after what it has in hand. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.reading.values()].map(({ running }) => running));
    await this.queue.close();
  }

  private async run(topic: string, bodies: Body[]): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const options = { topic, group: this.group, maxMessages: MAX_MESSAGES, leaseMs: LEASE_MS };
        const messages = await this.queue.lease(options); // waits a second for something to come
        bodies.push(...messages.map(({ body }) => bodySchema.parse(JSON.parse(body))));
        if (messages.length > 0) await this.queue.ack(this.group, messages);
      } catch {
        await this.clock.sleep(AFTER_ERROR_MS, signal); // the broker is away; what was not acknowledged comes again
      }
    }
  }
}
