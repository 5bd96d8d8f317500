import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runUntil } from '../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { SqliteQueue } from '../adapters/sqlite/sqlite-queue.js';
import type { OutboundMessage } from '../core/ports/queue.js';
import { EventRelay } from './event-relay.js';

const TOPICS = ['campaign.created', 'campaign.launched'];

describe('the relay of events', () => {
  let temporary: TemporaryStore;
  let queue: SqliteQueue;
  let sent: OutboundMessage[];
  let isAway: boolean;
  let failures: number;
  let relays: EventRelay[];
  beforeEach(async () => {
    temporary = await temporaryStore();
    queue = new SqliteQueue(temporary);
    sent = [];
    isAway = false;
    failures = 0;
    relays = [];
  });
  afterEach(async () => {
    const ending = Promise.all(relays.map((relay) => relay.close()));
    await temporary.clock.run(1_000);
    await ending;
    await temporary.remove();
  });

  function startRelay(): EventRelay {
    const relay = new EventRelay({
      from: queue,
      to: {
        send: (messages) => {
          if (isAway) return Promise.reject(new Error('no broker'));
          sent.push(...messages);
          return Promise.resolve();
        },
      },
      topics: TOPICS,
      clock: temporary.clock,
      onEvent: () => failures++,
    });
    relays.push(relay);
    relay.start();
    return relay;
  }

  const append = (count: number, { from = 0, keys = 3 } = {}): Promise<void> =>
    queue.send(
      Array.from({ length: count }, (_, index) => ({
        topic: TOPICS[(from + index) % 2] ?? '',
        key: `k${(from + index) % keys}`,
        body: JSON.stringify({ index: from + index }),
      })),
    );

  /** Numbers of the events of a key and topic, in the order in which they were sent. */
  const orderOf = (topic: string, key: string): number[] =>
    sent
      .filter((message) => message.topic === topic && message.key === key)
      .map(({ body }) => (JSON.parse(body) as { readonly index: number }).index);

  it('hands over every event once, in order per key, by whichever of two relays', async () => {
    const both = [startRelay(), startRelay()];
    await append(300);
    await runUntil(temporary.clock, () => sent.length >= 300);
    await temporary.clock.run(60_000);
    expect(sent.length).toBe(300);
    expect(both.reduce((sum, relay) => sum + relay.stats().relayed, 0)).toBe(300);
    for (const topic of TOPICS) {
      for (const key of ['k0', 'k1', 'k2']) {
        const order = orderOf(topic, key);
        expect(order).toEqual([...order].sort((left, right) => left - right));
      }
    }
  });

  it('waits for a queue that is away, says how far it is behind, and then loses nothing', async () => {
    isAway = true;
    const relay = startRelay();
    await append(20);
    await runUntil(temporary.clock, () => failures > 3, { stepMs: 200 });
    expect(sent).toEqual([]);
    expect(relay.stats().lagMs).toBeGreaterThan(0);
    isAway = false;
    await runUntil(temporary.clock, () => sent.length >= 20, { stepMs: 200 });
    await runUntil(temporary.clock, () => relay.stats().lagMs === 0, { stepMs: 200 });
    expect(new Set(sent.map(({ body }) => body)).size).toBe(20);
  });

  it('sends what goes to one topic once, while another refuses', async () => {
    const taken: OutboundMessage[] = [];
    const relay = new EventRelay({
      from: queue,
      to: {
        send: (messages) => {
          const there = messages.filter(({ topic }) => topic === 'there');
          taken.push(...there); // a broker takes what it can, and the call fails for the rest
          return there.length === messages.length ? Promise.resolve() : Promise.reject(new Error('no such topic'));
        },
      },
      topics: ['campaign.created'],
      outbound: ({ key, body }) => ({ topic: key === 'k0' ? 'missing' : 'there', key, body }),
      clock: temporary.clock,
      onEvent: () => failures++,
    });
    relays.push(relay);
    relay.start();
    await append(40);
    await runUntil(temporary.clock, () => failures > 3, { stepMs: 200 });
    const bodies = taken.map(({ body }) => body);
    expect(bodies.length).toBeGreaterThan(0);
    expect(new Set(bodies).size).toBe(bodies.length);
  });
});
