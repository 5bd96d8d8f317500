import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Producer, SimpleConsumer } from 'rocketmq-client-nodejs';
import { runJava } from '../../../test/support/java-process.js';
import { ownPrefix, testQueue, testSettings } from '../../../test/support/rocketmq-queue.js';
import { rocketmqSkip, sharedRocketmq } from '../../../test/support/rocketmq.js';
import type { LeasedMessage } from '../../core/ports/queue.js';
import { RocketmqAdmin } from './remoting/rocketmq-admin.js';
import type { RocketmqQueue } from './rocketmq-queue.js';

const DEADLINE_MS = 30_000;
const TEXT = JSON.stringify({ text: '促销 🎉', id: 7 });
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(
  `beside other clients of RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`,
  () => {
    const queues: RocketmqQueue[] = [];
    let admin: RocketmqAdmin;
    let folder: string;
    beforeAll(() => {
      admin = new RocketmqAdmin([sharedRocketmq().nameServer]);
      folder = mkdtempSync(join(tmpdir(), 'fanfare-java-'));
    });
    afterEach(async () => {
      await Promise.all(queues.splice(0).map((queue) => queue.close()));
    });
    afterAll(() => {
      admin.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** A topic that somebody else made, of ordinary messages, under a name of its own. */
    const foreignTopic = async (name = `${ownPrefix()}FOREIGN`): Promise<string> => {
      await admin.createTopic({ name, type: 'NORMAL', queues: 4 });
      return name;
    };
    const open = (topics: Readonly<Record<string, string>>): RocketmqQueue => {
      const queue = testQueue(testSettings({ names: { topics, groups: {} } }));
      queues.push(queue);
      return queue;
    };
    const readOne = async (queue: RocketmqQueue, topic: string): Promise<LeasedMessage> => {
      for (const endsMs = performance.now() + DEADLINE_MS; performance.now() < endsMs;) {
        const [message] = await queue.lease({ topic, group: 'g', maxMessages: 10, leaseMs: 10_000 });
        if (message === undefined) continue;
        expect(await queue.ack('g', [message])).toEqual([true]);
        return message;
      }
      throw new Error(`nothing came to ${topic}`);
    };

    it('reads what the Node client of the Apache project sent', async () => {
      const name = await foreignTopic();
      const queue = open({ 'order.paid': name });
      await queue.ensureGroup({ topic: 'order.paid', group: 'g' });
      const producer = new Producer({ endpoints: sharedRocketmq().endpoint, namespace: '', topics: [name] });
      await producer.startup();
      await producer.send({ topic: name, keys: ['order-7'], body: Buffer.from(TEXT) });
      expect(await readOne(queue, 'order.paid')).toMatchObject({ key: 'order-7', body: TEXT, attempt: 1 });
      await producer.shutdown();
    });

    it('is read by the Node client of the Apache project, in order of a key', async () => {
      const queue = open({});
      await queue.ensureGroup({ topic: 'promotion.created', group: 'theirs' });
      const settings = testSettings();
      await queue.send(['1', '2', '3'].map((body) => ({ topic: 'promotion.created', key: 'promotion/1', body })));
      const { name, group } = queue.describe({ topic: 'promotion.created', group: 'theirs' });
      const consumer = new SimpleConsumer({
        endpoints: settings.endpoints[0],
        namespace: '',
        consumerGroup: group,
        subscriptions: new Map([[name, '*']]),
      });
      await consumer.startup();
      const read: string[] = [];
      for (const endsMs = performance.now() + DEADLINE_MS; read.length < 3 && performance.now() < endsMs;) {
        for (const message of await consumer.receive(10, 15_000)) {
          read.push(message.body.toString());
          expect(message.keys).toEqual(['promotion/1']);
          await consumer.ack(message);
        }
      }
      expect(read).toEqual(['1', '2', '3']);
      await consumer.shutdown();
    });

    it("reads a login event as a shop's Java system sends it", { timeout: 150_000 }, async () => {
      const name = await foreignTopic('USER_LOGINED_EVENT_TOPIC');
      const queue = open({ 'user.loggedIn': name });
      await queue.ensureGroup({ topic: 'user.loggedIn', group: 'g' });
      await runJava('SendOne', [sharedRocketmq().endpoint, name, 'account-7', '{"account":{"id":7}}'], folder);
      const message = await readOne(queue, 'user.loggedIn');
      expect(message).toMatchObject({ key: 'account-7', body: '{"account":{"id":7}}' });
    });
  },
);
