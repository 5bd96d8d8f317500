import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueConformance } from '../../../test/conformance/queue.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';
import { DAY_MS, HOUR_MS } from '../../core/time.js';
import { purgeEvents } from '../../events/purge-events.js';
import { SqliteQueue } from './sqlite-queue.js';

const CAPABILITIES = {
  ordersAcrossKeys: true,
  givesAllAtOnce: true,
  leaseMs: 10_000,
  shortLeaseMs: 10_000,
  toleranceMs: 0,
} as const;

queueConformance('embedded', CAPABILITIES, async () => {
  const { store, clock, remove } = temporarySqliteStore();
  return Promise.resolve({
    queue: new SqliteQueue({ store, clock }),
    now: () => clock.now(),
    advance: async (spanMs: number) => {
      clock.advance(spanMs);
      return Promise.resolve();
    },
    close: remove,
  });
});

describe('events of the embedded store', () => {
  let opened: ReturnType<typeof temporarySqliteStore>;
  let queue: SqliteQueue;
  beforeEach(() => {
    opened = temporarySqliteStore();
    queue = new SqliteQueue(opened);
  });
  afterEach(() => opened.remove());

  const lease = (group: string) => queue.lease({ topic: 'promotion.created', group, maxMessages: 10, leaseMs: 1_000 });
  const append = (promotionId: number) =>
    opened.store.transaction((tx) =>
      tx.outbox.append({ topic: 'promotion.created', key: `test/${promotionId}`, body: { promotionId } }),
    );

  it('leave with their transaction: rolled back with it, in the order of commits', async () => {
    await queue.ensureGroup({ topic: 'promotion.created', group: 'g' });
    const refused = opened.store.transaction(async (tx) => {
      await tx.outbox.append({ topic: 'promotion.created', key: 'test/1', body: { promotionId: 1 } });
      throw new Error('refused');
    });
    await Promise.allSettled([append(2), refused, append(3)]);
    expect((await lease('g')).map(({ body }) => body)).toEqual(['{"promotionId":2}', '{"promotionId":3}']);
  });

  it('stay until seven days after their last reader, whoever has read them before', async () => {
    const purge = () => purgeEvents(opened, { sliceEvents: 1 });
    const count = async () => (await opened.store.read((tx) => tx.events.groups())).map(({ backlog }) => backlog);
    await queue.ensureGroup({ topic: 'promotion.created', group: 'quick' });
    await queue.ensureGroup({ topic: 'promotion.created', group: 'slow' });
    for (const id of [1, 2, 3]) await append(id);
    await queue.ack('quick', await lease('quick'));
    expect(await purge()).toBe(0);
    opened.clock.advance(30 * DAY_MS);
    expect(await purge()).toBe(0);

    const slow = await lease('slow');
    await queue.ack('slow', slow.slice(0, 2));
    expect(await purge()).toBe(0);
    opened.clock.advance(7 * DAY_MS - HOUR_MS);
    expect(await purge()).toBe(0);
    opened.clock.advance(2 * HOUR_MS);
    expect(await purge()).toBe(2);

    await queue.ensureGroup({ topic: 'promotion.created', group: 'late' });
    expect(await count()).toEqual([1, 0, 0]);
    expect((await lease('late')).map(({ body }) => body)).toEqual(['{"promotionId":3}']);
  });

  it('keep counting up after all of them were deleted', async () => {
    await append(1);
    await purgeEvents(opened, { sliceEvents: 10 });
    opened.clock.advance(8 * DAY_MS);
    expect(await purgeEvents(opened, { sliceEvents: 10 })).toBe(1);
    await queue.ensureGroup({ topic: 'promotion.created', group: 'g' });
    await append(2);
    expect((await lease('g')).map(({ messageId }) => messageId)).toEqual(['2']);
  });
});
