import { z } from 'zod';
import type { DemoApi } from './demo-api.js';

/** How another system of the shop hears of events: a consumer group that reads, and acknowledges what it has read. */
export interface ShopEvents {
  readonly group: string;
  /** The topic's name where it is read. */
  nameOf(topic: string): string;
  /** Begins to listen: whatever comes from now on is read. */
  subscribe(topic: string): Promise<void>;
  /** Bodies that came since the last time. */
  read(topic: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const leased = z.object({
  items: z.array(z.object({ messageId: z.string(), receipt: z.string(), body: z.record(z.string(), z.unknown()) })),
});

/** Over the HTTP API, as a system without a broker reads. */
export function httpEvents(api: DemoApi): ShopEvents {
  const group = 'demo';
  const pathOf = (topic: string): string => `/v1/events/topics/${topic}/groups/${group}`;
  return {
    group,
    nameOf: (topic) => topic,
    subscribe: async (topic) => {
      await api.put(pathOf(topic));
    },
    read: async (topic) => {
      const { items } = (await api.post(`${pathOf(topic)}/lease`, { maxMessages: 100 })).read(leased);
      if (items.length > 0) {
        const messages = items.map(({ messageId, receipt }) => ({ messageId, receipt }));
        await api.post(`${pathOf(topic)}/ack`, { messages });
      }
      return items.map(({ body }) => body);
    },
  };
}
