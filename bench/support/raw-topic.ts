/** A topic of ordinary messages by our client, below the queue port: what it can send, receive and acknowledge at all. */
import { MessageIds } from '../../src/adapters/rocketmq/message-ids.js';
import { encodeMessage } from '../../src/adapters/rocketmq/message-codec.js';
import type { RocketmqAdmin } from '../../src/adapters/rocketmq/remoting/rocketmq-admin.js';
import { RocketmqClient } from '../../src/adapters/rocketmq/rocketmq-client.js';
import type { Delivery, GroupConsumer, Source } from '../../src/adapters/rocketmq/group-consumer.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { systemRandom } from '../../src/adapters/system/system-random.js';
import type { RocketmqSettings } from '../../src/settings/rocketmq-settings.js';

const QUEUES = 8;
const MAX_MESSAGES = 32;
const LEASE_MS = 60_000;
const WITHIN = { forMs: 15_000 };

export interface RawMessage extends Delivery {
  readonly body: string;
}

interface RawTopicOptions {
  readonly settings: RocketmqSettings;
  readonly admin: RocketmqAdmin;
}

export class RawTopic {
  private readonly ids = new MessageIds(systemRandom);
  private readonly consumer: GroupConsumer;
  private sources: readonly Source[] = [];
  private isWaiting = true;

  private constructor(
    readonly name: string,
    readonly group: string,
    private readonly client: RocketmqClient,
  ) {
    this.consumer = client.consumer(group);
  }

  /** Makes the topic, and a group that reads it from its beginning. */
  static async open(name: string, { settings, admin }: RawTopicOptions): Promise<RawTopic> {
    const group = `${name}_GROUP`;
    await admin.createTopic({ name, type: 'NORMAL', queues: QUEUES });
    await admin.createGroup({ name: group, isOrdered: false });
    const { endpoints, requestTimeoutMs } = settings;
    const client = new RocketmqClient({ endpoints, requestTimeoutMs, clock: systemClock, random: systemRandom });
    return new RawTopic(name, group, client);
  }

  /** Asks for its route, so that this is not measured. */
  async find(): Promise<void> {
    this.sources = await this.consumer.sources(this.name, WITHIN);
  }

  /** In one request. */
  async send(bodies: readonly string[]): Promise<void> {
    const messages = bodies.map((body) =>
      encodeMessage(
        { topic: this.name, key: 'k', body },
        { topic: this.name, type: 'NORMAL', messageId: this.ids.next(), now: systemClock.now() },
      ),
    );
    await this.client.send(messages, WITHIN);
  }

  /** Up to 32; waits for the first for up to 5 s, or until told to stop. */
  async receive(): Promise<readonly RawMessage[]> {
    const [source] = this.sources;
    if (source === undefined || !this.isWaiting) return [];
    const polled = await this.consumer
      .poll(source, { maxMessages: MAX_MESSAGES, leaseMs: LEASE_MS })
      .catch((error: unknown) => {
        if (this.isWaiting) throw error;
        return []; // broken off
      });
    return polled.map(({ message, address }) => ({
      messageId: message.systemProperties.messageId,
      wireTopic: this.name,
      handle: message.systemProperties.receiptHandle ?? '',
      address,
      body: message.body.toString('utf8'),
    }));
  }

  async ack(messages: readonly RawMessage[]): Promise<void> {
    await this.consumer.ack(messages, WITHIN);
  }

  /** Polls that wait find nothing. */
  stopWaiting(): void {
    this.isWaiting = false;
    void this.consumer.close();
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
