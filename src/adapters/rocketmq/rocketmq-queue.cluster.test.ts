import { describe, it } from 'vitest';
import { queueConformance, type QueueCapabilities } from '../../../test/conformance/queue.js';
import { rocketmqSkip } from '../../../test/support/rocketmq.js';
import { testQueue } from '../../../test/support/rocketmq-queue.js';
import { systemClock } from '../system/system-clock.js';

const CAPABILITIES: QueueCapabilities = {
  ordersAcrossKeys: 'queues of a topic are read side by side',
  givesAllAtOnce: 'one poll brings what one queue of one broker has',
  leaseMs: 6_000,
  shortLeaseMs: 600,
  toleranceMs: 2_000,
};

const reason = rocketmqSkip();
if (reason !== false) {
  describe('queue conformance: RocketMQ', () => {
    it.skip(`skipped: ${reason}`, () => {});
  });
} else {
  queueConformance('RocketMQ', CAPABILITIES, async () => {
    const queue = testQueue();
    return {
      queue,
      now: () => systemClock.now(),
      advance: (spanMs) => systemClock.sleep(spanMs),
      close: () => queue.close(),
    };
  });
}
