/**
 * Redis loses all it holds, or is gone for a while, in mid-campaign under two nodes: no limit is passed by the clock of
 * the vendor, work goes on by shares while it is gone, and everybody is told as the delivery mode of the channel promises.
 */
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { ClusterScene } from '../support/cluster/cluster-scene.js';
import { emptyTally, figuresOf, judgeCampaign, peakUnder } from '../support/cluster/judge-campaign.js';
import { machineMs } from '../support/moody-vendor/vendor-log.js';
import { OwnRedis } from '../support/own-redis.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import type { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const LIMIT = 100;
const FLUSHES = size(3, 100);
const MAX_PAUSE_MS = 1_500;
const ABSENCES = size(1, 20);
const AWAY_MS = size(15_000, 60_000);
/** Work for longer than all faults of a test take. */
const MEMBERS = size(LIMIT * 40, LIMIT * 2_000);
/** What the aim is; in the short form a deadline that fails loudly, whatever else the machine does. */
const GOES_ON_WITHIN_MS = size(120_000, 10_000);

const nodesSchema = z.object({ items: z.array(z.object({ isPaceShared: z.boolean() })) });

describeMysql('two nodes whose Redis', () => {
  let database: TemporaryDatabase;
  let redis: OwnRedis;
  let scene: ClusterScene;
  let nodes: readonly [ServerProcess, ServerProcess];
  beforeEach(async () => {
    database = await temporaryDatabase();
    redis = await OwnRedis.start();
    scene = await ClusterScene.open({ members: MEMBERS, databaseUrl: database.url });
    const servers = { mysql: { url: database.url }, redis: { url: redis.url } };
    nodes = [await scene.startNode(servers), await scene.startNode(servers)];
    await vi.waitFor(async () => expect(await whoSharesPace(nodes[0])).toEqual([true, true]), 60_000);
  });
  afterEach(async () => {
    await scene.remove();
    await redis.kill();
    await database.drop();
  });

  /** Of each node whether it shares its pace through Redis: else nothing is lost with it. */
  async function whoSharesPace({ url }: ServerProcess): Promise<readonly boolean[]> {
    const { items } = nodesSchema.parse(await (await fetch(`${url}/v1/nodes`)).json());
    return items.map(({ isPaceShared }) => isPaceShared);
  }

  /** Lets the campaign end and judges it; answers the most that a channel was told in a second under its limit. */
  async function judge(id: number): Promise<Readonly<Record<string, number>>> {
    await scene.expectWorkLeft(nodes[0], id);
    const peak = await peakUnder(LIMIT, scene);
    const state = await scene.complete(nodes[0], id);
    const tally = emptyTally();
    await judgeCampaign(scene, nodes[1], { campaignId: id, state, losses: 0 }, tally);
    return { members: MEMBERS, ...figuresOf(tally), [`a second at most, of ${LIMIT}`]: peak };
  }

  it(
    `is emptied ${FLUSHES} times keep every limit`,
    async () => {
      const random = new SeededRandom(takeSeed('moments of the flushes'));
      const id = await scene.launch(nodes[0], LIMIT);
      let longestMs = 0;
      for (let flush = 0; flush < FLUSHES; flush++) {
        await scene.isBack();
        await after(random.next() * MAX_PAUSE_MS);
        await redis.flush();
        longestMs = Math.max(longestMs, await scene.isBack(machineMs()));
      }
      const figures = { ...(await judge(id)), 'ms until the next request on every channel, at most': longestMs };
      expect(longestMs).toBeLessThanOrEqual(GOES_ON_WITHIN_MS);
      reportFigures('R16', { 'times FLUSHALL in mid-campaign': FLUSHES, ...figures });
    },
    minutes(10, 20),
  );

  it(
    `is gone ${ABSENCES} times for ${AWAY_MS / 1_000} s go on by shares, and keep every limit`,
    async () => {
      const id = await scene.launch(nodes[0], LIMIT);
      let longestMs = 0;
      let longestBackMs = 0;
      for (let absence = 0; absence < ABSENCES; absence++) {
        await scene.isBack();
        await redis.kill();
        const awayFromMs = machineMs();
        await after(1_000); // what was granted before is through
        longestMs = Math.max(longestMs, 1_000 + (await scene.isBack(awayFromMs + 1_000)));
        await after(Math.max(0, awayFromMs + AWAY_MS - machineMs()));
        await redis.startAgain();
        longestBackMs = Math.max(longestBackMs, await scene.isBack(machineMs()));
      }
      const figures = {
        ...(await judge(id)),
        'ms until shares were used, at most': longestMs,
        'ms until the next request once it was there again, at most': longestBackMs,
      };
      expect(Math.max(longestMs, longestBackMs)).toBeLessThanOrEqual(GOES_ON_WITHIN_MS);
      reportFigures('R16', { [`times Redis was gone for ${AWAY_MS / 1_000} s`]: ABSENCES, ...figures });
    },
    minutes(10, 38),
  );
});
