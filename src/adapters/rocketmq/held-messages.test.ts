import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../../core/time.js';
import { HeldMessages } from './held-messages.js';
import type { ReceivedMessage } from './message-codec.js';

const LEASE_MS = 100;

const message = (id: number, key: string, handle = `h${id}`): ReceivedMessage => ({
  messageId: String(id),
  wireTopic: 'T',
  key,
  body: '{}',
  sentAt: epochMs(0),
  attempt: 1,
  handle,
});

const arrive = (held: HeldMessages, id: number, key: string, { endsMs = 1_000, isOrdered = true } = {}): void =>
  held.add({ message: message(id, key), address: 'p:1', isOrdered, brokerLeaseEndsMs: endsMs });

const take = (held: HeldMessages, nowMs: number, maxMessages = 10) =>
  held.take({ maxMessages, nowMs, leaseMs: LEASE_MS });
const ids = (entries: readonly { readonly message: ReceivedMessage }[]): string[] =>
  entries.map((entry) => entry.message.messageId);

describe('messages held for a group', () => {
  it('come one of each key at a time, and those without order all at once', () => {
    const held = new HeldMessages();
    for (const [id, key] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
    ] as const)
      arrive(held, id, key);
    for (const id of [4, 5]) arrive(held, id, 'a', { isOrdered: false });
    expect(ids(take(held, 0))).toEqual(['1', '3', '4', '5']);
    expect(take(held, 1)).toEqual([]);
  });

  it('become ready again when their lease ends or their wait is over, under a new receipt', () => {
    const held = new HeldMessages();
    arrive(held, 1, 'a');
    const [first] = take(held, 0);
    const receipt = first?.receipt ?? '';
    expect(take(held, LEASE_MS - 1)).toEqual([]);
    const [second] = take(held, LEASE_MS);
    expect(second).toMatchObject({ tries: 2 });
    expect(held.find({ messageId: '1', receipt }, LEASE_MS)).toBeUndefined();
    if (second === undefined) throw new Error('nothing taken');
    held.park(second, 300);
    expect([held.nextReadyMs(200), take(held, 299), ids(take(held, 300))]).toEqual([300, [], ['1']]);
  });

  it('are dropped with those behind them when the lease of the broker ends: it brings them again, in their order', () => {
    const held = new HeldMessages();
    arrive(held, 1, 'a', { endsMs: 50 });
    arrive(held, 2, 'a', { endsMs: 1_000 });
    arrive(held, 3, 'b', { endsMs: 1_000 });
    expect(ids(take(held, 60))).toEqual(['3']);
    expect(held.size).toBe(1);
  });

  it('that came again keep who has them, under the new handle', () => {
    const held = new HeldMessages();
    arrive(held, 1, 'a', { endsMs: 500 });
    const [entry] = take(held, 0);
    held.add({ message: message(1, 'a', 'h1-again'), address: 'p:2', isOrdered: true, brokerLeaseEndsMs: 2_000 });
    expect(entry).toMatchObject({ handle: 'h1-again', address: 'p:2', state: 'leased', brokerLeaseEndsMs: 2_000 });
    expect(take(held, 1)).toEqual([]);
  });

  it('never stand two of a key with callers, whatever happens to them, and end in their order', () => {
    const step = fc.record({
      fate: fc.constantFrom('end', 'park', 'forget'),
      spanMs: fc.integer({ min: 0, max: 150 }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
        fc.array(step, { maxLength: 300 }),
        (keys, steps) => {
          const held = new HeldMessages();
          for (const [id, key] of keys.entries()) arrive(held, id, key, { endsMs: 1e9 });
          const ended: { id: number; key: string }[] = [];
          let nowMs = 0;
          for (const { fate, spanMs } of steps) {
            const taken = take(held, nowMs, 2);
            expect(new Set(taken.map((entry) => entry.laneKey)).size).toBe(taken.length);
            for (const entry of taken) {
              if (fate === 'park') held.park(entry, nowMs + 50);
              if (fate !== 'end') continue;
              held.remove(entry);
              ended.push({ id: Number(entry.message.messageId), key: entry.message.key });
            }
            nowMs += spanMs;
          }
          for (const key of ['a', 'b', 'c']) {
            const order = ended.filter((each) => each.key === key).map(({ id }) => id);
            const sent = [...keys.entries()].filter(([, each]) => each === key).map(([id]) => id);
            expect(order).toEqual(sent.slice(0, order.length));
          }
        },
      ),
    );
  });
});
