/**
 * RocketMQ's proxy and broker killed and started again, and a bad network before it, in mid-campaign under two nodes,
 * while events go out and come in: no event is lost, vendors go on being asked for the buckets that nodes hold, and
 * everybody is told as the delivery mode of the channel promises. (That buckets are found without tasks is shown by
 * `src/push/bucket-tasks.test.ts`.)
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setUpRocketmq } from '../../src/adapters/rocketmq/own-set-up.js';
import { ownPlan } from '../../src/adapters/rocketmq/own-topics.js';
import { RocketmqAdmin } from '../../src/adapters/rocketmq/remoting/rocketmq-admin.js';
import { RocketmqNames } from '../../src/adapters/rocketmq/rocketmq-names.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { RocketmqSettings } from '../../src/settings/rocketmq-settings.js';
import { ClusterScene, MEMBERS_PER_SECOND } from '../support/cluster/cluster-scene.js';
import { EventTraffic, LOGIN_CONFIG } from '../support/cluster/event-traffic.js';
import { faultCountOf, meetFaults, membersForFaults, proxiesTo } from '../support/cluster/faulty-edges.js';
import { emptyTally, figuresOf, judgeCampaign } from '../support/cluster/judge-campaign.js';
import { KeyedWriter } from '../support/cluster/keyed-writer.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import { machineMs } from '../support/moody-vendor/vendor-log.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { ownRocketmq, rocketmqSkip } from '../support/rocketmq.js';
import { testSettings } from '../support/rocketmq-queue.js';
import type { ServerProcess } from '../support/server-process.js';
import { temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const KILLS = size(1, 20);
const DELETIONS = size(1, 20);
/** A start of RocketMQ takes five seconds and more. */
const SECONDS_PER_KILL = size(25, 40);
const MEMBERS = Math.max(
  MEMBERS_PER_SECOND * SECONDS_PER_KILL * (KILLS + 1),
  membersForFaults('RocketMQ', MEMBERS_PER_SECOND),
);
/** What the aim is; in the short form a deadline that fails loudly, whatever else the machine does. */
const BACK_WITHIN_MS = size(120_000, 10_000);
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(`RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`, () => {
  let database: TemporaryDatabase;
  let broker: Awaited<ReturnType<typeof ownRocketmq>>;
  let scene: ClusterScene;
  let closers: (() => Promise<void>)[];
  beforeEach(async () => {
    closers = [];
    database = await temporaryDatabase();
    closers.push(() => database.drop());
    broker = await ownRocketmq({ isSynchronous: true });
    closers.push(() => broker.remove());
    scene = await ClusterScene.open({ members: MEMBERS, databaseUrl: database.url });
    closers.push(() => scene.remove());
  });
  afterEach(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** Two nodes that reach the broker at `endpoints`, a campaign, a writer, and another system at the broker itself. */
  async function begin(endpoints: readonly [string, string], settings = testSettings({}, broker)) {
    await setUpRocketmq(settings);
    const startNode = (endpoint: string): Promise<ServerProcess> =>
      scene.startNode(
        { mysql: { url: database.url }, rocketmq: { ...settings, endpoints: [endpoint] } },
        { config: LOGIN_CONFIG },
      );
    const [first, second] = [await startNode(endpoints[0]), await startNode(endpoints[1])];
    const traffic = await EventTraffic.start(settings, MEMBERS);
    closers.push(() => traffic.close());
    return { first, second, traffic, id: await scene.launch(first), writer: new KeyedWriter([first.url, second.url]) };
  }

  /** Lets all come to its end and judges it. */
  async function judge({ first, second, traffic, writer, id }: Awaited<ReturnType<typeof begin>>) {
    await scene.expectWorkLeft(first, id);
    const written = await writer.stop();
    const state = await scene.complete(first, id);
    const tally = emptyTally();
    await judgeCampaign(scene, second, { campaignId: id, state, losses: 0 }, tally);
    return { members: MEMBERS, ...figuresOf(tally), ...(await traffic.judge(first.url, written.ids)) };
  }

  it(
    `is killed ${KILLS} times: vendors go on being asked, and no event is lost`,
    async () => {
      const running = await begin([broker.endpoint, broker.endpoint]);
      let longestMs = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        await scene.isBack();
        await running.traffic.isBack();
        await broker.killProxy();
        await scene.isBack(machineMs()); // what nodes hold goes on without it
        await broker.startProxy();
        const [eventsMs] = await Promise.all([running.traffic.isBack(), scene.isBack(machineMs())]);
        longestMs = Math.max(longestMs, eventsMs);
      }
      const figures = await judge(running);
      expect(longestMs).toBeLessThanOrEqual(BACK_WITHIN_MS);
      reportFigures('R10', {
        'kills of broker and proxy': KILLS,
        ...figures,
        'ms until events came out again once a route was known, at most': longestMs,
      });
    },
    minutes(10, 38),
  );

  it(
    `has all topics deleted and made again ${DELETIONS} times: vendors go on being asked, events that wait in the outbox come`,
    async () => {
      const settings = testSettings({}, broker);
      const running = await begin([broker.endpoint, broker.endpoint], settings);
      let longestMs = 0;
      for (let deletion = 0; deletion < DELETIONS; deletion++) {
        await scene.isBack();
        await running.writer.pause();
        await running.traffic.hasRead(running.writer.ids); // what lies unread in a topic goes with it
        await deleteTopics(settings);
        running.writer.resume();
        await scene.isBack(machineMs()); // what nodes hold goes on without them
        await setUpRocketmq(settings);
        const [eventsMs] = await Promise.all([running.traffic.isBack(), scene.isBack(machineMs())]);
        longestMs = Math.max(longestMs, eventsMs);
      }
      const figures = await judge(running);
      expect(longestMs).toBeLessThanOrEqual(BACK_WITHIN_MS);
      reportFigures('R10', {
        'times all topics were deleted and made again': DELETIONS,
        ...figures,
        'ms until events came out again, at most': longestMs,
      });
    },
    minutes(10, 30),
  );

  it(
    'is behind a bad network: vendors go on being asked, and no event is lost',
    async () => {
      const random = new SeededRandom(takeSeed('jitter'));
      const between = await proxiesTo(Number(broker.endpoint.split(':')[1]), () => random.next());
      for (const proxy of between) closers.push(() => proxy.close());
      const at = ({ port }: FaultProxy): string => `127.0.0.1:${port}`;
      const running = await begin([at(between[0]), at(between[1])]);
      let longestEventsMs = 0;
      const longestMs = await meetFaults(scene, 'RocketMQ', between, async () => {
        longestEventsMs = Math.max(longestEventsMs, await running.traffic.isBack());
      });
      const figures = await judge(running);
      expect(Math.max(longestMs, longestEventsMs)).toBeLessThanOrEqual(BACK_WITHIN_MS);
      reportFigures('R19', {
        'faults between two nodes and RocketMQ': faultCountOf('RocketMQ'),
        ...figures,
        'ms until the vendor was asked again after the longest': longestMs,
        'ms until events came out again after the longest': longestEventsMs,
      });
    },
    minutes(10, 39),
  );
});

/** The topics of events that go out and of tasks, with all that is in them. */
async function deleteTopics(settings: RocketmqSettings): Promise<void> {
  const admin = new RocketmqAdmin(settings.nameServers);
  try {
    for (const { name } of ownPlan(new RocketmqNames(settings), settings).topics) await admin.deleteTopic(name);
  } finally {
    admin.close();
  }
}
