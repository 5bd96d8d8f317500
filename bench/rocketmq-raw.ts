/**
 * Our client of RocketMQ against the Apache project's own for Node (`rocketmq-client-nodejs`), on one broker, by turns:
 * one message a request with 1 and 16 requests in flight; a hundred a request, which the package cannot; polls of up to
 * 32 with their acknowledgements, by 1 and 8 loops. Ours acknowledges a poll in one request, the package each message
 * in one. Each leg goes on for some seconds; messages are of 200 bytes.
 *
 * What it does not show: network, a broker that syncs its disk, several brokers.
 */
import { Producer, SimpleConsumer } from 'rocketmq-client-nodejs';
import { MessageIds } from '../src/adapters/rocketmq/message-ids.js';
import { RocketmqAdmin } from '../src/adapters/rocketmq/remoting/rocketmq-admin.js';
import { systemRandom } from '../src/adapters/system/system-random.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp, type CleanUp } from './support/clean-up.js';
import { lacksServers, openRocketmq } from './support/cluster-servers.js';
import { RawTopic } from './support/raw-topic.js';

export const rocketmqRaw: Bench = {
  name: 'rocketmq-raw',
  about: 'our client of RocketMQ against the package of the Apache project, on one broker',
  takes: ['seconds', 'runs'],
  run,
};

const BODY = JSON.stringify({ text: 'x'.repeat(189) }); // 200 bytes
const BATCH = 100;
const MAX_RECEIVED = 32;
const LEASE_MS = 60_000;
/** Sent beforehand for each second of reading: more than a client takes in it. */
const MESSAGES_PER_SECOND = 20_000;
const FILLERS = 4;

/** Per second. */
interface Rates {
  readonly ours: number[];
  readonly theirs: number[];
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  if (await lacksServers(['rocketmq'], say)) return [];
  const seconds = numberOf('seconds', 5);
  const runs = numberOf('runs', 3);
  return withCleanUp(async (cleanUp) => {
    const clients = await openClients(say, cleanUp);
    const single: Rates = { ours: [], theirs: [] };
    const many: Rates = { ours: [], theirs: [] };
    const batch: number[] = [];
    const oneLoop: Rates = { ours: [], theirs: [] };
    const loops: Rates = { ours: [], theirs: [] };
    await clients.fill(seconds * MESSAGES_PER_SECOND * runs);
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      for (const side of ['ours', 'theirs'] as const) {
        single[side].push(await repeat(clients.sendOne[side], { seconds, lanes: 1 }));
        many[side].push(await repeat(clients.sendOne[side], { seconds, lanes: 16 }));
        oneLoop[side].push(await repeat(clients.receive[side], { seconds, lanes: 1 }));
        loops[side].push(await repeat(clients.receive[side], { seconds, lanes: 8 }));
      }
      batch.push(await repeat(clients.sendBatch, { seconds, lanes: 4 }));
    }
    const unit = 'messages/s';
    return [
      figureOf('send, 1 in flight', unit, single.ours, single.theirs),
      figureOf('send, 16 in flight', unit, many.ours, many.theirs),
      figureOf('send, 100 a request, 4 in flight, against 16 single ones of the package', unit, batch, many.theirs),
      figureOf('receive and acknowledge, 1 loop', unit, oneLoop.ours, oneLoop.theirs),
      figureOf('receive and acknowledge, 8 loops', unit, loops.ours, loops.theirs),
    ];
  });
}

/** Does what answers how many messages it was, over and over in so many lanes; answers messages per second. */
async function repeat(
  work: () => Promise<number>,
  { seconds, lanes }: { readonly seconds: number; readonly lanes: number },
): Promise<number> {
  const startedMs = performance.now();
  let messages = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - startedMs < seconds * 1_000) {
      const count = await work();
      messages += count;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return (messages / (performance.now() - startedMs)) * 1_000;
}

interface Sides {
  readonly ours: () => Promise<number>;
  readonly theirs: () => Promise<number>;
}

interface Clients {
  readonly sendOne: Sides;
  readonly sendBatch: () => Promise<number>;
  readonly receive: Sides;
  /** So that every reader has enough. */
  readonly fill: (messages: number) => Promise<void>;
}

async function openClients(say: BenchOptions['say'], cleanUp: CleanUp): Promise<Clients> {
  const { settings } = await openRocketmq(say, cleanUp);
  const admin = new RocketmqAdmin(settings.nameServers);
  cleanUp.add(() => {
    admin.close();
  });
  const name = new MessageIds(systemRandom).next();
  // A topic to send to and one to read from: what is sent while measuring is no backlog of who reads.
  const sent = await RawTopic.open(`${name}_SENT`, { settings, admin });
  const read = await RawTopic.open(`${name}_READ`, { settings, admin });
  const theirGroup = `${name}_THEIRS`;
  await admin.createGroup({ name: theirGroup, isOrdered: false });
  for (const topic of [sent, read]) {
    cleanUp.add(() => topic.close());
    await topic.find();
  }
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const package_ = { endpoints: settings.endpoints[0], namespace: '', logger: quiet };
  const producer = new Producer({ ...package_, topics: [sent.name] });
  await producer.startup();
  cleanUp.add(() => producer.shutdown());
  const consumer = new SimpleConsumer({
    ...package_,
    consumerGroup: theirGroup,
    subscriptions: new Map([[read.name, '*']]),
    awaitDuration: 5_000,
  });
  await consumer.startup();
  cleanUp.add(() => consumer.shutdown());
  const batch = Array.from({ length: BATCH }, () => BODY);
  const body = Buffer.from(BODY);
  return {
    sendOne: {
      ours: async () => {
        await sent.send([BODY]);
        return 1;
      },
      theirs: async () => {
        await producer.send({ topic: sent.name, keys: ['k'], body });
        return 1;
      },
    },
    sendBatch: async () => {
      await sent.send(batch);
      return BATCH;
    },
    receive: {
      ours: async () => {
        const messages = await read.receive();
        await read.ack(messages);
        return messages.length;
      },
      theirs: async () => {
        const messages = await consumer.receive(MAX_RECEIVED, LEASE_MS);
        await Promise.all(messages.map((message) => consumer.ack(message)));
        return messages.length;
      },
    },
    fill: async (messages) => {
      say(`sending ${messages.toLocaleString('en')} messages to read`);
      let left = Math.ceil(messages / BATCH);
      const filler = async (): Promise<void> => {
        while (left-- > 0) await read.send(batch);
      };
      await Promise.all(Array.from({ length: FILLERS }, filler));
    },
  };
}
