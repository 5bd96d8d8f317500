import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runUntil } from '../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { SqliteQueue } from '../adapters/sqlite/sqlite-queue.js';
import type { OutboundMessage } from '../core/ports/queue.js';
import { EventRelay, joinRelay } from './event-relay.js';
import { RELAY_GROUP } from './relay-group.js';

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
    await joinRelay(queue, TOPICS);
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

  it('hands over nothing from before there was a broker, and goes on from here where its group was removed', async () => {
    for (const topic of TOPICS) {
      await temporary.store.transaction((tx) => tx.events.removeGroup({ topic, group: RELAY_GROUP }));
    }
    await append(20);
    await joinRelay(queue, TOPICS);
    await append(10, { from: 20 });
    await joinRelay(queue, TOPICS);
    startRelay();
    await runUntil(temporary.clock, () => sent.length >= 10);
    await temporary.clock.run(2_000);
    expect(numbersOf(sent)).toEqual(Array.from({ length: 10 }, (_, index) => 20 + index));
    for (const topic of TOPICS) {
      await temporary.store.transaction((tx) => tx.events.removeGroup({ topic, group: RELAY_GROUP }));
    }
    const groups = () => temporary.store.read((tx) => tx.events.groups());
    await runUntil(temporary.clock, async () => (await groups()).length === TOPICS.length);
    await append(5, { from: 30 });
    await runUntil(temporary.clock, () => sent.length >= 15);
    await temporary.clock.run(2_000);
    expect(numbersOf(sent.slice(10))).toEqual([30, 31, 32, 33, 34]);
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

  it('hands over what goes to one topic while another takes its time to refuse, and begins nothing late in a lease', async () => {
    const within: (number | undefined)[] = [];
    let refused = 0;
    const relay = new EventRelay({
      from: queue,
      to: {
        send: async (messages, options) => {
          within.push(options?.withinMs);
          if (messages[0]?.topic !== TOPICS[0]) sent.push(...messages);
          else {
            await temporary.clock.sleep(15_000); // as for a topic that may still be made
            refused++;
            throw new Error('no such topic');
          }
        },
      },
      topics: TOPICS,
      clock: temporary.clock,
      onEvent: () => failures++,
    });
    relays.push(relay);
    await append(1_000);
    relay.start();
    await runUntil(temporary.clock, () => sent.length >= 500);
    expect(refused).toBeLessThan(2);
    expect(Math.max(...within.map((ms) => ms ?? Infinity))).toBeLessThanOrEqual(18_000);
    await runUntil(temporary.clock, () => refused > 0, { stepMs: 500 });
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

const numbersOf = (messages: readonly OutboundMessage[]): readonly number[] =>
  messages
    .map(({ body }) => (JSON.parse(body) as { readonly index: number }).index)
    .sort((left, right) => left - right);
