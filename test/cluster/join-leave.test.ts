/**
 * Nodes come and go in mid-campaign: one joins, one is asked to stop, one is killed; and both of two are started anew,
 * one after the other, under callers who notice nothing. The vendor's log is the judge of the campaign.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ClusterScene, MEMBERS_PER_SECOND } from '../support/cluster/cluster-scene.js';
import { emptyTally, figuresOf, judgeCampaign } from '../support/cluster/judge-campaign.js';
import { CALLERS, RestlessCallers } from '../support/cluster/restless-callers.js';
import { machineMs } from '../support/moody-vendor/vendor-log.js';
import { OwnRedis } from '../support/own-redis.js';
import { minutes, reportFigures, size } from '../support/proof.js';
import { promotionNames } from '../support/promotion-calls.js';
import type { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const ROUNDS = size(1, 20);
/** Slow enough that work is left when both were started anew on a machine with other work: 200 s of it a round, and more. */
const PACE = MEMBERS_PER_SECOND / 4;
/** Several buckets for each node. */
const MEMBERS = 3_000 * (ROUNDS + 1);
/** What the aims are; in the short form deadlines that fail loudly, whatever else the machine does. */
const JOINED_WITHIN_MS = size(60_000, 2_000);
const LEFT_WITHIN_MS = size(60_000, 10_000);
const TAKEN_OVER_WITHIN_MS = size(60_000, 10_000);

const nodesSchema = z.object({ items: z.array(z.object({ name: z.string(), state: z.string() })) });

describeMysql('nodes that come and go', () => {
  let database: TemporaryDatabase;
  let redis: OwnRedis;
  let scene: ClusterScene;
  let servers: { readonly mysql: { readonly url: string }; readonly redis: { readonly url: string } };
  beforeEach(
    async () => {
      database = await temporaryDatabase();
      redis = await OwnRedis.start();
      scene = await ClusterScene.open({ members: MEMBERS, databaseUrl: database.url });
      servers = { mysql: { url: database.url }, redis: { url: redis.url } };
    },
    minutes(5, 10),
  );
  afterEach(async () => {
    await scene.remove();
    await redis.kill();
    await database.drop();
  });

  /** Rows that a node has leased at this moment. */
  const leasedBy = async ({ pid }: ServerProcess): Promise<readonly unknown[]> => {
    const sql = 'SELECT id FROM ledger_bucket WHERE lease_owner LIKE ?';
    return (await database.query(sql, [`${pid}-%`])).map(({ id }) => id);
  };

  const waitFor = <Result>(what: () => Promise<Result>): Promise<Result> =>
    vi.waitFor(what, { timeout: 60_000, interval: 5 });

  const hasWork = (node: ServerProcess) => waitFor(async () => expect(await leasedBy(node)).not.toEqual([]));

  it(
    'have work at once, give it back when they are asked to stop, and are followed when they die',
    async () => {
      const figures = { joinMs: 0, leaveMs: 0, takeOverMs: 0 };
      const first = await scene.startNode(servers);
      const id = await scene.launch(first);
      await hasWork(first);
      for (let round = 0; round < ROUNDS; round++) {
        const leaving = await scene.startNode(servers);
        const readyAtMs = machineMs();
        await hasWork(leaving);
        figures.joinMs = Math.max(figures.joinMs, machineMs() - readyAtMs);

        const askedAtMs = machineMs();
        expect(await leaving.stop()).toBe(0);
        figures.leaveMs = Math.max(figures.leaveMs, machineMs() - askedAtMs);
        expect(leaving.unansweredMembers).toBe(0);
        expect(await leasedBy(leaving), 'all leases were given back').toEqual([]);
        const listed = nodesSchema.parse(await (await fetch(`${first.url}/v1/nodes`)).json()).items;
        expect(listed.some(({ name }) => name.startsWith(`${leaving.pid}-`))).toBe(false);

        const victim = await scene.startNode(servers);
        await hasWork(victim);
        const killedAtMs = machineMs();
        await victim.kill();
        const left = await leasedBy(victim);
        await waitFor(async () => expect(await leasedBy(victim)).toEqual([]));
        figures.takeOverMs = Math.max(figures.takeOverMs, machineMs() - killedAtMs);
        expect(left.length, 'or the kill met no lease').toBeGreaterThan(0);
      }
      await scene.expectWorkLeft(first, id);
      const tally = emptyTally();
      const state = await scene.complete(first, id);
      await judgeCampaign(scene, first, { campaignId: id, state, losses: ROUNDS }, tally);
      reportFigures('R3', {
        'nodes joined, stopped and killed': 2 * ROUNDS,
        members: MEMBERS,
        'ms from ready to the first lease, at most': Math.round(figures.joinMs),
        'ms from SIGTERM to the exit, at most': Math.round(figures.leaveMs),
        'ms from SIGKILL until its leases were free, at most': Math.round(figures.takeOverMs),
        ...figuresOf(tally),
      });
      expect(figures.joinMs).toBeLessThanOrEqual(JOINED_WITHIN_MS);
      expect(figures.leaveMs).toBeLessThanOrEqual(LEFT_WITHIN_MS);
      expect(figures.takeOverMs).toBeLessThanOrEqual(TAKEN_OVER_WITHIN_MS);
    },
    minutes(10, 40),
  );

  it(
    'are started anew one after the other, and no caller is refused',
    async () => {
      let [first, second] = [await scene.startNode(servers), await scene.startNode(servers)];
      const id = await scene.launch(first, PACE);
      await hasWork(first);
      const callers = new RestlessCallers([first.url, second.url], id);
      for (let round = 0; round < ROUNDS; round++) {
        await callers.areAnsweredBy([first.url, second.url]);
        expect(await first.stop()).toBe(0);
        first = await scene.startNode(servers);
        callers.urls = [first.url, second.url];
        await callers.areAnsweredBy(callers.urls);
        expect(await second.stop()).toBe(0);
        second = await scene.startNode(servers);
        callers.urls = [first.url, second.url];
      }
      await callers.areAnsweredBy(callers.urls);
      const called = await callers.stop();
      await scene.expectWorkLeft(first, id);
      expect(called.errors, 'errors that callers saw').toEqual([]);
      // Only connections of the instant of a stop: one for each caller at most.
      expect(called.reset).toBeLessThanOrEqual(2 * ROUNDS * CALLERS);
      expect(called.refused, 'or nobody called a node that was gone').toBeGreaterThan(0);
      expect((await promotionNames(first.url)).sort()).toEqual([...called.written].sort());
      const tally = emptyTally();
      const state = await scene.complete(first, id);
      await judgeCampaign(scene, second, { campaignId: id, state, losses: 0 }, tally);
      reportFigures('R3', {
        'nodes started anew under a campaign': 2 * ROUNDS,
        'calls answered': called.answered,
        'of them at the other node, the first took no connection': called.refused,
        'of them at the other node, the first ended the connection without an answer': called.reset,
        'errors that callers saw': called.errors.length,
        ...figuresOf(tally),
      });
    },
    minutes(10, 40),
  );
});
