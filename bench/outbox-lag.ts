/**
 * From an event that a transaction appends to the outbox until a consumer of RocketMQ has it: the commit, the wait for the
 * relay's next look, the relay's transactions, the send, the poll. At several rates, one event a transaction, over all
 * topics as a node relays them. Baseline: a bare send by our client at the same rate, to the consumer's hands, in the
 * same run and by turns. Both clocks are this process's.
 *
 * What it does not show: network, and a commit that waits for others' work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { MysqlStore } from '../src/adapters/mysql/mysql-store.js';
import { RocketmqQueue } from '../src/adapters/rocketmq/rocketmq-queue.js';
import { StoredQueue } from '../src/adapters/stored/stored-queue.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { systemRandom } from '../src/adapters/system/system-random.js';
import type { Queue } from '../src/core/ports/queue.js';
import { ALL_TOPICS, TOPICS } from '../src/core/topics.js';
import { EventRelay } from '../src/events/event-relay.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp, type CleanUp } from './support/clean-up.js';
import { lacksServers, openClusterServers } from './support/cluster-servers.js';
import { Latencies } from './support/latencies.js';

export const outboxLag: Bench = {
  name: 'outbox-lag',
  about: 'an event from the transaction that appends it to the consumer that takes it, beside a bare send',
  takes: ['seconds', 'runs'],
  run,
};

const RATES = [10, 100, 500] as const;
const GROUP = 'bench';
const RELAYED = TOPICS.promotionCreated;
/** Read by the same kind of consumer; nothing relays it. */
const BARE = 'bench.bare';
const KEYS = 16;
const LEASE_MS = 30_000;
const MAX_MESSAGES = 100;
const GIVE_UP_MS = 60_000;

const bodySchema = z.object({ at: z.number(), run: z.string() });

interface Lags {
  readonly p50: number;
  readonly p99: number;
}

/** Appends or sends one event; resolves once that is durable. */
type Tell = (key: string, body: { readonly at: number; readonly run: string }) => Promise<void>;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  if (await lacksServers(['mysql', 'redis', 'rocketmq'], say)) return [];
  const seconds = numberOf('seconds', 10);
  const runs = numberOf('runs', 3);
  return withCleanUp(async (cleanUp) => {
    const { outbox, bare } = await openSides(say, cleanUp);
    const results = RATES.map((rate) => ({ rate, outbox: [] as Lags[], bare: [] as Lags[] }));
    for (const side of [outbox, bare]) await side.measure({ rate: 10, seconds: 1 }); // the first send asks for routes
    for (let round = 1; round <= runs; round++) {
      for (const result of results) {
        say(`run ${round} of ${runs}: ${result.rate} a second`);
        result.outbox.push(await outbox.measure({ rate: result.rate, seconds }));
        result.bare.push(await bare.measure({ rate: result.rate, seconds }));
      }
    }
    return results.flatMap(({ rate, outbox: ours, bare: theirs }) => [
      figureOf(`${rate}/s, median`, 'ms', ours.map(p50), theirs.map(p50)),
      figureOf(`${rate}/s, 99 %`, 'ms', ours.map(p99), theirs.map(p99)),
    ]);
  });
}

const p50 = (lags: Lags): number => lags.p50;
const p99 = (lags: Lags): number => lags.p99;

async function openSides(
  say: BenchOptions['say'],
  cleanUp: CleanUp,
): Promise<{ readonly outbox: Side; readonly bare: Side }> {
  const servers = await openClusterServers(say, cleanUp);
  const clock = systemClock;
  const store = await MysqlStore.open({ url: servers.mysqlUrl, clock });
  cleanUp.add(() => store.close());
  const queue = new RocketmqQueue({ settings: servers.rocketmq.settings, clock, random: systemRandom });
  cleanUp.add(() => queue.close());
  for (const topic of [RELAYED, BARE]) await queue.ensureGroup({ topic, group: GROUP });
  const onEvent = ({ error }: { readonly error: unknown }): never => {
    throw error;
  };
  const relay = new EventRelay({
    from: new StoredQueue({ store, clock }),
    to: queue,
    topics: ALL_TOPICS,
    clock,
    onEvent,
  });
  relay.start();
  cleanUp.add(() => relay.close());
  const outbox = new Side(queue, RELAYED, (key, body) =>
    store.transaction((tx) => tx.outbox.append({ topic: RELAYED, key, body })),
  );
  const bare = new Side(queue, BARE, (key, body) => queue.send([{ topic: BARE, key, body: JSON.stringify(body) }]));
  for (const side of [outbox, bare]) cleanUp.add(side.read());
  return { outbox, bare };
}

/** One way for an event to a consumer, and the consumer. */
class Side {
  private lags = new Latencies();
  private run = '';

  constructor(
    private readonly queue: Queue,
    private readonly topic: string,
    private readonly tell: Tell,
  ) {}

  /** Takes what comes until it is stopped by what this answers. */
  read(): () => Promise<void> {
    const stopping = new AbortController();
    const reading = this.take(stopping.signal);
    return async () => {
      stopping.abort();
      await reading;
    };
  }

  async measure({ rate, seconds }: { readonly rate: number; readonly seconds: number }): Promise<Lags> {
    this.lags = new Latencies();
    this.run = `${this.topic} ${systemClock.now()}`;
    const count = rate * seconds;
    const startedMs = performance.now();
    const told: Promise<void>[] = [];
    for (let number = 0; number < count; number++) {
      const waitMs = startedMs + (number * 1_000) / rate - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      told.push(this.tell(`key-${number % KEYS}`, { at: performance.now(), run: this.run }));
    }
    await Promise.all(told);
    const giveUpMs = performance.now() + GIVE_UP_MS;
    while (this.lags.count < count) {
      if (performance.now() > giveUpMs) throw new Error(`${this.lags.count} of ${count} events came in a minute.`);
      await sleep(10);
    }
    return { p50: this.lags.percentileMs(0.5), p99: this.lags.percentileMs(0.99) };
  }

  private async take(stopping: AbortSignal): Promise<void> {
    const options = { topic: this.topic, group: GROUP, maxMessages: MAX_MESSAGES, leaseMs: LEASE_MS };
    while (!stopping.aborted) {
      const messages = await this.queue.lease(options);
      const takenMs = performance.now();
      for (const { body } of messages) {
        const { at, run } = bodySchema.parse(JSON.parse(body));
        if (run === this.run) this.lags.add(takenMs - at);
      }
      await this.queue.ack(GROUP, messages);
    }
  }
}
