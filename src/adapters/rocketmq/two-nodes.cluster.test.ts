import { afterEach, describe, expect, it } from 'vitest';
import { testQueue, testSettings } from '../../../test/support/rocketmq-queue.js';
import { rocketmqSkip } from '../../../test/support/rocketmq.js';
import type { LeasedMessage } from '../../core/ports/queue.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import type { RocketmqQueue } from './rocketmq-queue.js';

const EVENTS = 'promotion.created';
const TASKS = 'task.sms.bulk';
const DEADLINE_MS = 60_000;
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(
  `two nodes over one RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`,
  () => {
    const queues: RocketmqQueue[] = [];
    afterEach(async () => {
      await Promise.all(queues.splice(0).map((queue) => queue.close()));
    });

    const open = (settings: RocketmqSettings): RocketmqQueue => {
      const queue = testQueue(settings);
      queues.push(queue);
      return queue;
    };
    const gather = async (queue: RocketmqQueue, topic: string, count: number): Promise<readonly LeasedMessage[]> => {
      const messages: LeasedMessage[] = [];
      for (const endsMs = performance.now() + DEADLINE_MS; messages.length < count && performance.now() < endsMs;)
        messages.push(...(await queue.lease({ topic, group: 'g', maxMessages: 50, leaseMs: 5_000 })));
      return messages;
    };

    it.each([EVENTS, TASKS])(
      'the messages of one that dies go to the other, those of a key in order (%s)',
      async (topic) => {
        const settings = testSettings();
        const first = open(settings);
        const second = open(settings);
        await first.ensureGroup({ topic, group: 'g' });
        await first.send(['1', '2', '3'].map((body) => ({ topic, key: 'k', body })));
        const held = await gather(first, topic, 1);
        expect(held.length).toBeGreaterThan(0);
        await first.close(); // with everything in its hands

        const read: string[] = [];
        for (const endsMs = performance.now() + DEADLINE_MS; read.length < 3 && performance.now() < endsMs;) {
          const messages = await gather(second, topic, 1);
          read.push(...messages.map(({ body }) => body));
          await second.ack('g', messages);
        }
        expect(topic === EVENTS ? read : [...read].sort()).toEqual(['1', '2', '3']);
      },
    );

    it('a task is given to one of them only, while its lease holds', async () => {
      const settings = testSettings();
      const nodes = [open(settings), open(settings)];
      await nodes[0]?.ensureGroup({ topic: TASKS, group: 'g' });
      const sent = Array.from({ length: 300 }, (_, index) => ({
        topic: TASKS,
        key: String(index),
        body: String(index),
      }));
      await nodes[0]?.send(sent);
      const given: string[] = [];
      const endsMs = performance.now() + DEADLINE_MS;
      const work = async (queue: RocketmqQueue): Promise<number> => {
        let share = 0;
        while (given.length < sent.length && performance.now() < endsMs) {
          const messages = await queue.lease({ topic: TASKS, group: 'g', maxMessages: 10, leaseMs: 30_000 });
          given.push(...messages.map(({ body }) => body));
          share += messages.length;
          await queue.ack('g', messages);
        }
        return share;
      };
      const shares = await Promise.all(nodes.map(work));
      expect(shares.every((share) => share > 0)).toBe(true);
      expect([...given].sort()).toEqual(sent.map(({ body }) => body).sort());
    });
  },
);
