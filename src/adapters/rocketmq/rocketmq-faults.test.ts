import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RocketmqStandIn } from '../../../test/support/rocketmq-stand-in.js';
import { testQueue, testSettings } from '../../../test/support/rocketmq-queue.js';
import type { LeasedMessage } from '../../core/ports/queue.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import type { RocketmqEvent } from './rocketmq-event.js';
import type { RocketmqQueue } from './rocketmq-queue.js';

const TOPIC = 'promotion.created';
const DEADLINE_MS = 20_000;

describe('RocketMQ at its worst, played by a stand-in on the wire', () => {
  const standIns: RocketmqStandIn[] = [];
  const queues: RocketmqQueue[] = [];
  const events: RocketmqEvent[] = [];
  let standIn: RocketmqStandIn;
  beforeEach(async () => {
    events.length = 0;
    standIn = await start();
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
    for (const each of standIns.splice(0)) each.stop();
  });

  const start = async (port?: number): Promise<RocketmqStandIn> => {
    const started = await RocketmqStandIn.start(port);
    standIns.push(started);
    return started;
  };
  const open = (settings: Partial<RocketmqSettings> = {}): RocketmqQueue => {
    const server = { endpoint: standIn.endpoint, nameServer: '127.0.0.1:1' };
    const queue = testQueue(testSettings({ requestTimeoutMs: 300, ...settings }, server), (event) =>
      events.push(event),
    );
    queues.push(queue);
    return queue;
  };
  const send = (queue: RocketmqQueue, ...texts: readonly string[]): Promise<void> =>
    queue.send(texts.map((text) => ({ topic: TOPIC, key: text, body: text })));
  const lease = (queue: RocketmqQueue): Promise<readonly LeasedMessage[]> =>
    queue.lease({ topic: TOPIC, group: 'g', maxMessages: 10, leaseMs: 5_000 });
  /** Leases until so many came. */
  const gather = async (queue: RocketmqQueue, count: number): Promise<readonly LeasedMessage[]> => {
    const messages: LeasedMessage[] = [];
    for (const endsMs = performance.now() + DEADLINE_MS; messages.length < count && performance.now() < endsMs;)
      messages.push(...(await lease(queue)));
    return messages;
  };
  const seen = (kind: RocketmqEvent['kind']): number => events.filter((event) => event.kind === kind).length;

  it('sends again under the same id when the answer to a send is lost, and says so', async () => {
    const queue = open();
    standIn.faults.lostReplies = 1;
    await send(queue, 'one');
    expect(standIn.taken).toHaveLength(2);
    expect(new Set(standIn.taken).size).toBe(1);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'retry', method: 'SendMessage' }));
  });

  it('says that a send may have been stored when no answer to it comes', async () => {
    const queue = open({ sendTimeoutMs: 500 });
    standIn.faults.lostReplies = 100;
    await expect(send(queue, 'one')).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      message: expect.stringContaining('unknown'),
    });
  });

  it('takes every answer but OK for unsent', async () => {
    const queue = open({ sendTimeoutMs: 300 });
    for (const status of ['MASTER_PERSISTENCE_TIMEOUT', 'SLAVE_PERSISTENCE_TIMEOUT', 'HA_NOT_AVAILABLE']) {
      standIn.faults.sendStatus = status;
      await expect(send(queue, 'one')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    }
    standIn.faults.sendStatus = 'MESSAGE_PROPERTY_CONFLICT_WITH_TYPE';
    await expect(send(queue, 'one')).rejects.toMatchObject({ code: 'QUEUE_REFUSED' });
  });

  it('gives a message once to whoever ended it, however often the broker brings it', async () => {
    const queue = open();
    standIn.faults.redeliveries = 3;
    await send(queue, 'one', 'two');
    const done: string[] = [];
    for (const endsMs = performance.now() + DEADLINE_MS; seen('repeat') < 2 && performance.now() < endsMs;) {
      const messages = await lease(queue);
      await queue.ack('g', messages);
      done.push(...messages.map(({ body }) => body));
    }
    expect(seen('repeat')).toBeGreaterThanOrEqual(2);
    expect(done.sort()).toEqual(['one', 'two']);
  });

  it('tells its settings again after its session broke, and goes on', async () => {
    const queue = open();
    await send(queue, 'one');
    await queue.ack('g', await gather(queue, 1));
    standIn.breakSessions();
    await send(queue, 'two');
    expect((await gather(queue, 1)).map(({ body }) => body)).toEqual(['two']);
    expect(standIn.settings.length).toBeGreaterThan(1);
  });

  it('goes to the next proxy when one is gone, and finds it again', async () => {
    const second = await start();
    const queue = open({ endpoints: [standIn.endpoint, second.endpoint] });
    await send(queue, 'one');
    const [busy, other] = standIn.taken.length > 0 ? [standIn, second] : [second, standIn];
    busy.stop();
    await send(queue, 'two');
    expect(other.taken).toHaveLength(1);
    const again = await start(busy.port);
    other.stop();
    await send(queue, 'three');
    expect(again.taken).toHaveLength(1);
  });

  it('waits for a proxy that is not there yet, says so once, and goes on when it is', async () => {
    const { port } = standIn;
    standIn.stop();
    const queue = open();
    const sent = send(queue, 'early');
    for (const endsMs = performance.now() + DEADLINE_MS; seen('unavailable') === 0 && performance.now() < endsMs;)
      await new Promise((resolve) => setTimeout(resolve, 10));
    standIn = await start(port);
    await sent;
    expect(standIn.taken).toHaveLength(1);
    expect([seen('unavailable'), seen('available')]).toEqual([1, 1]);
  });

  it('says that it cannot be read while no proxy is there', async () => {
    standIn.stop();
    await expect(lease(open())).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });

  it('waits on close for what is being sent, then refuses', async () => {
    const queue = open();
    const sent = send(queue, 'last');
    await queue.close();
    await sent;
    expect(standIn.taken).toHaveLength(1);
    await expect(lease(queue)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(send(queue, 'too late')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await queue.close();
  });

  it('leaves neither timer nor connection behind, with its proxy there or gone', async () => {
    const countOpen = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'TCPSocketWrap').length;
    const before = countOpen();
    for (const isGone of [false, true]) {
      const queue = open();
      await send(queue, 'one');
      await queue.ack('g', await gather(queue, 1));
      const waiting = lease(queue);
      if (isGone) standIn.stop();
      await queue.close();
      await waiting.catch(() => []);
      for (const endsMs = performance.now() + DEADLINE_MS; countOpen() > before && performance.now() < endsMs;)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(countOpen()).toBeLessThanOrEqual(before);
    }
  });

  it('puts no more into a request than count and bytes allow', async () => {
    const requests: number[] = [];
    const queue = open({ maxBatchMessages: 3, maxBatchBytes: 100_000 });
    const body = 'x'.repeat(40_000);
    await queue.send(Array.from({ length: 7 }, () => ({ topic: TOPIC, key: 'k', body: 'small' })));
    requests.push(events.filter((event) => event.kind === 'call' && event.method === 'SendMessage').length);
    await queue.send(Array.from({ length: 4 }, () => ({ topic: TOPIC, key: 'k', body })));
    requests.push(events.filter((event) => event.kind === 'call' && event.method === 'SendMessage').length);
    expect(requests).toEqual([3, 5]);
  });
});
