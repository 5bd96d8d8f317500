import { afterEach, beforeEach, expect, it } from 'vitest';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign } from '../../test/support/push-rig.js';
import { RocketmqStandIn } from '../../test/support/rocketmq-stand-in.js';
import { testQueue, testSettings } from '../../test/support/rocketmq-queue.js';
import { ScriptedProvider, type ScriptedOptions } from '../../test/support/scripted-provider.js';
import { describeMysql, temporaryMysqlStore } from '../../test/support/temporary-mysql.js';
import type { RocketmqQueue } from '../adapters/rocketmq/rocketmq-queue.js';
import { StoredQueue } from '../adapters/stored/stored-queue.js';
import { systemClock } from '../adapters/system/system-clock.js';
import { TaskFlow } from '../compose/task-flow.js';
import type { CampaignDraft } from '../campaign/campaign-draft.js';
import { pauseCampaign, resumeCampaign } from '../campaign/control-campaign.js';
import type { CampaignId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import { encodeBucket } from '../ledger/bucket-members.js';
import type { ChannelPusher } from './channel-pusher.js';

/** More than the look-ahead, so that it has to be filled again. */
const BUCKETS = 102;
const MEMBERS_PER_BUCKET = 8;
const MEMBERS = BUCKETS * MEMBERS_PER_BUCKET;

/** Spans never end on it: no sweep comes, and nothing is looked at that no task told of. */
const standingStill: Clock = {
  now: () => systemClock.now(),
  monotonicMs: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

interface Node {
  readonly name: string;
  readonly pusher: ChannelPusher;
  readonly tasks: TaskFlow;
  readonly broker: RocketmqQueue;
  readonly told: () => number;
}

describeMysql('bucket tasks between the nodes of a cluster', () => {
  let temporary: Awaited<ReturnType<typeof temporaryMysqlStore>>;
  let standIn: RocketmqStandIn;
  let nodes: Node[];
  let told: Map<number, number>;
  beforeEach(async () => {
    temporary = await temporaryMysqlStore({ queuesTasks: true });
    standIn = await RocketmqStandIn.start();
    nodes = [];
    told = new Map();
    await addMembers(temporary.store, systemClock, { count: MEMBERS });
  });
  afterEach(async () => {
    for (const { pusher, tasks, broker } of nodes) {
      const ending = Promise.all([pusher.stop(0), tasks.close()]);
      await broker.close();
      await ending;
    }
    standIn.stop();
    await temporary.remove();
  });

  function startNode(
    name: string,
    {
      sweeps,
      isRelay = true,
      script = () => 'accepted',
      isKeyed = false,
    }: {
      readonly sweeps: boolean;
      readonly isRelay?: boolean;
      readonly script?: ScriptedOptions['script'];
      readonly isKeyed?: boolean;
    },
  ): Node {
    const { store } = temporary;
    let own = 0;
    const provider = new ScriptedProvider({
      capabilities: { isKeyed },
      script: (taken) => {
        const answer = script(taken);
        if (answer !== 'accepted') return answer;
        own++;
        told.set(taken.ordinal, (told.get(taken.ordinal) ?? 0) + 1);
        return answer;
      },
    });
    const broker = testQueue(
      testSettings(
        { prefix: 'T_', sendTimeoutMs: 500, requestTimeoutMs: 300 },
        { endpoint: standIn.endpoint, nameServer: '127.0.0.1:1' },
      ),
    );
    const clock = sweeps ? systemClock : standingStill;
    const retry = { firstDelayMs: 300, maxDelayMs: 300 };
    const pusher = pusherOf(store, clock, {
      channel: 'sms',
      provider,
      owner: name,
      usesTasks: true,
      retry,
      windowMembers: 16,
    });
    const from = new StoredQueue({ store, clock: systemClock });
    const tasks = new TaskFlow({
      ...{ from, broker, isRelay, clock: systemClock, onEvent: () => undefined },
      pushers: new Map([['sms', pusher]]),
    });
    pusher.start();
    tasks.start();
    const node = { name, pusher, tasks, broker, told: () => own };
    nodes.push(node);
    return node;
  }

  /** Read the campaigns that run before there is one: what a node finds when it joins it sweeps. */
  const joined = async (): Promise<void> => {
    for (const { pusher } of nodes) pusher.wake();
    await temporary.store.read((tx) => tx.campaigns.inStates(['running']));
  };

  const start = (draft: Partial<Omit<CampaignDraft, 'channels' | 'audience'>> = {}): Promise<CampaignId> => {
    const buckets = Array.from({ length: BUCKETS }, (_, bucket) =>
      encodeBucket(
        Float64Array.from({ length: MEMBERS_PER_BUCKET }, (__, index) => bucket * MEMBERS_PER_BUCKET + index),
      ),
    );
    return runningCampaign(temporary.store, systemClock, {
      channels: ['sms'],
      mode: 'atMostOnce',
      audience: { definition: { kind: 'list', memberCount: MEMBERS }, buckets },
      ...draft,
    });
  };

  const completed = (id: CampaignId): Promise<void> =>
    expect.poll(() => isCompleted(temporary.store, id), { timeout: 60_000, interval: 20 }).toBe(true);

  async function expectEachToldOnce(id: CampaignId): Promise<void> {
    expect(await outcomes(temporary.store, id, 'sms')).toEqual({ sent: MEMBERS });
    expect({ told: told.size, twice: [...told.values()].filter((times) => times > 1).length }).toEqual({
      told: MEMBERS,
      twice: 0,
    });
  }

  const claimedTasks = (): number =>
    nodes.reduce((sum, { tasks }) => sum + tasks.figures().reduce((own, { claimed }) => own + claimed, 0), 0);

  it('bring every bucket to a node, without any sweep', async () => {
    startNode('first', { sweeps: false });
    startNode('second', { sweeps: false });
    await joined();
    const id = await start();
    await completed(id);
    await expectEachToldOnce(id);
    expect(claimedTasks()).toBeGreaterThan(0);
    for (const node of nodes) expect(node.told(), node.name).toBeGreaterThan(0);
  });

  it('bring members back who are to be tried again, without any sweep', async () => {
    const seen = new Set<number>();
    const script: ScriptedOptions['script'] = ({ ordinal }) => {
      if (ordinal % 3 > 0 || seen.has(ordinal)) return 'accepted';
      seen.add(ordinal);
      return 'transient';
    };
    startNode('first', { sweeps: false, script });
    startNode('second', { sweeps: false, script });
    await joined();
    const id = await start();
    await completed(id);
    await expectEachToldOnce(id);
    expect(seen.size).toBe(MEMBERS / 3);
  });

  it('bring a campaign on again that a person had paused, without any sweep', async () => {
    startNode('first', { sweeps: false });
    await joined();
    const id = await start();
    const context = { now: systemClock.now(), actor: 'ann' };
    await temporary.store.transaction((tx) => pauseCampaign(tx, context, id));
    // All tasks are refused now: nobody will look at the campaign by itself.
    await expect.poll(() => nodes[0]?.pusher.stats().heldBuckets).toBe(0);
    const before = told.size;
    expect(before).toBeLessThan(MEMBERS);
    await temporary.store.transaction((tx) => resumeCampaign(tx, context, id));
    await completed(id);
    await expectEachToldOnce(id);
  });

  it('change nothing but the time when they come twice, late or never', async () => {
    Object.assign(standIn.faults, { redeliveries: 2, delayMs: 200, lostReplies: 2, lostSends: 2 });
    startNode('first', { sweeps: true });
    startNode('second', { sweeps: true });
    const id = await start();
    await completed(id);
    await expectEachToldOnce(id);
  });

  it('are not needed: without a broker the sweep goes on alone, and tasks flow again when it is back', async () => {
    standIn.stop();
    startNode('first', { sweeps: true });
    startNode('second', { sweeps: true });
    const id = await start();
    await completed(id);
    await expectEachToldOnce(id);
    expect(claimedTasks()).toBe(0);
    standIn = await RocketmqStandIn.start(standIn.port);
    // Connections come back by themselves; the first campaigns may be done by the sweep before they have.
    for (let campaign = 0; campaign < 20 && claimedTasks() === 0; campaign++) {
      told.clear();
      const next = await start();
      await completed(next);
      await expectEachToldOnce(next);
    }
    expect(claimedTasks()).toBeGreaterThan(0);
  });
});
