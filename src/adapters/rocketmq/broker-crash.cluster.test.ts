import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reportFigures } from '../../../test/support/proof.js';
import { testQueue, testSettings } from '../../../test/support/rocketmq-queue.js';
import { ownRocketmq, rocketmqSkip } from '../../../test/support/rocketmq.js';
import { isDomainError } from '../../core/errors.js';
import type { LeasedMessage } from '../../core/ports/queue.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import type { RocketmqEvent } from './rocketmq-event.js';
import type { RocketmqQueue } from './rocketmq-queue.js';

const TASKS = 'task.sms.bulk';
const EVENTS = 'promotion.created';
const MESSAGES = 400;
const READ_BEFORE = 250;
const DEADLINE_MS = 90_000;
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(`a RocketMQ that is killed${reason === false ? '' : ` (skipped: ${reason})`}`, () => {
  let server: Awaited<ReturnType<typeof ownRocketmq>>;
  const queues: RocketmqQueue[] = [];
  beforeAll(async () => {
    server = await ownRocketmq({ isSynchronous: true });
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
  });
  afterAll(async () => {
    await server.remove();
  });

  const open = (settings: RocketmqSettings, onEvent?: (event: RocketmqEvent) => void): RocketmqQueue => {
    const queue = testQueue(settings, onEvent);
    queues.push(queue);
    return queue;
  };

  /** Leases and ends messages until `isDone`, or until nothing new came for a while; a broker that is away is waited for. */
  const consume = async (
    queue: RocketmqQueue,
    topic: string,
    { isDone, onMessage }: { readonly isDone: () => boolean; readonly onMessage: (message: LeasedMessage) => void },
  ): Promise<void> => {
    for (const endsMs = performance.now() + DEADLINE_MS; !isDone() && performance.now() < endsMs;) {
      try {
        const messages = await queue.lease({ topic, group: 'g', maxMessages: 100, leaseMs: 10_000 });
        const held = await queue.ack('g', messages);
        for (const [index, message] of messages.entries()) if (held[index] === true) onMessage(message);
      } catch (error) {
        if (!isDomainError(error, 'QUEUE_UNAVAILABLE')) throw error;
      }
    }
  };

  it.each([TASKS, EVENTS])(
    'loses nothing of %s that it acknowledged, and what it brings again has one effect',
    async (topic) => {
      const settings = testSettings({ sendTimeoutMs: 60_000 }, server);
      const events: RocketmqEvent[] = [];
      const before = open(settings, (event) => events.push(event));
      await before.ensureGroup({ topic, group: 'g' });
      await before.send(
        Array.from({ length: MESSAGES }, (_, index) => ({ topic, key: `k${index % 50}`, body: String(index) })),
      );
      const ended = new Set<string>();
      let deliveries = 0;
      const note = ({ body }: LeasedMessage): void => {
        deliveries++;
        ended.add(body);
      };
      await consume(before, topic, { isDone: () => ended.size >= READ_BEFORE, onMessage: note });
      const endedBefore = ended.size;

      await server.killProxy();
      const sentMeanwhile = before.send([{ topic, key: 'k', body: 'meanwhile' }]);
      await server.startProxy();
      const routeKnownMs = performance.now();
      await sentMeanwhile;
      const sendAfterMs = performance.now() - routeKnownMs;

      // This one saw nothing of what was ended before: it stands for another node.
      const after = open(settings);
      await Promise.all(
        [before, after].map((queue) => consume(queue, topic, { isDone: () => ended.size > MESSAGES, onMessage: note })),
      );
      expect(ended.size).toBe(MESSAGES + 1);
      // Told by turns, however many of its calls failed; a proxy that is just starting may be lost once more.
      const told = events.map(({ kind }) => kind).filter((kind) => kind === 'unavailable' || kind === 'available');
      expect(told.length).toBeGreaterThan(0);
      expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'unavailable' : 'available')));
      expect(told.at(-1)).toBe('available');
      expect(sendAfterMs).toBeLessThan(10_000);
      reportFigures('R10', {
        topic,
        'messages ended before the kill': endedBefore,
        'brought again and ended again': deliveries - ended.size,
        'first send after a route was known, ms': Math.round(sendAfterMs),
      });
    },
    300_000,
  );
});
