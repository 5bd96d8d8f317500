import { RocketmqQueue } from '../../src/adapters/rocketmq/rocketmq-queue.js';
import type { OnRocketmqEvent } from '../../src/adapters/rocketmq/rocketmq-event.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { systemRandom } from '../../src/adapters/system/system-random.js';
import { rocketmqSchema, type RocketmqSettings } from '../../src/settings/rocketmq-settings.js';
import { sharedRocketmq } from './rocketmq.js';

/** A prefix that no other test has. */
export const ownPrefix = (): string => `T${Buffer.from(systemRandom.bytes(5)).toString('hex')}_`;

/** Settings over a RocketMQ, the shared one where none is given, with names of their own where none are given. */
export function testSettings(
  settings: Partial<RocketmqSettings> = {},
  server: { readonly endpoint: string; readonly nameServer: string } = sharedRocketmq(),
): RocketmqSettings {
  const base = rocketmqSchema.parse({ endpoints: [server.endpoint], nameServers: [server.nameServer] });
  return { ...base, prefix: ownPrefix(), ...settings };
}

export function testQueue(settings: RocketmqSettings = testSettings(), onEvent?: OnRocketmqEvent): RocketmqQueue {
  return new RocketmqQueue({
    settings,
    clock: systemClock,
    random: systemRandom,
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
