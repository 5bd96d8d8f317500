/**
 * Faults of networks between two nodes and their database, and between them and their Redis, in mid-campaign: nobody is
 * missed, nobody doubled beyond the mode, and work goes on after each.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { ClusterScene, MEMBERS_PER_SECOND } from '../support/cluster/cluster-scene.js';
import { faultCountOf, lossesOf, meetFaults, membersForFaults, proxiesTo } from '../support/cluster/faulty-edges.js';
import { emptyTally, figuresOf, judgeCampaign, peakUnder } from '../support/cluster/judge-campaign.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import { OwnRedis } from '../support/own-redis.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const MEMBERS = membersForFaults('MySQL', MEMBERS_PER_SECOND);
/** What the aim is; in the short form a deadline that fails loudly, whatever else the machine does. */
const BACK_WITHIN_MS = size(120_000, 10_000);

describeMysql('faults of the network', () => {
  let database: TemporaryDatabase;
  let redis: OwnRedis;
  let scene: ClusterScene;
  let proxies: FaultProxy[];
  beforeEach(async () => {
    database = await temporaryDatabase();
    redis = await OwnRedis.start();
    scene = await ClusterScene.open({ members: MEMBERS, databaseUrl: database.url });
    proxies = [];
  });
  afterEach(async () => {
    await scene.remove();
    for (const proxy of proxies) await proxy.close();
    await redis.kill();
    await database.drop();
  });

  it.each(['MySQL', 'Redis'] as const)(
    'between nodes and %s lose nobody and double nobody beyond the mode',
    async (edge) => {
      const random = new SeededRandom(takeSeed('jitter'));
      const between = await proxiesTo(edge === 'MySQL' ? database.port : redis.port, () => random.next());
      proxies.push(...between);
      const serversOf = ({ port }: FaultProxy) => ({
        mysql: { url: edge === 'MySQL' ? `mysql://root@127.0.0.1:${port}/${database.name}` : database.url },
        redis: { url: edge === 'Redis' ? `redis://127.0.0.1:${port}` : redis.url },
      });
      const [first, second] = [
        await scene.startNode(serversOf(between[0])),
        await scene.startNode(serversOf(between[1])),
      ];
      const id = await scene.launch(first);
      const longestMs = await meetFaults(scene, edge, between);
      await scene.expectWorkLeft(first, id);
      const peak = await peakUnder(MEMBERS_PER_SECOND, scene);
      const state = await scene.complete(first, id);
      const tally = emptyTally();
      const losses = edge === 'MySQL' ? lossesOf(edge) : 0;
      await judgeCampaign(scene, second, { campaignId: id, state, losses }, tally);
      const lookedUp = scene.nodes.reduce(
        (sum, node) => sum + node.complaints.split('"store.commitUnknown"').length - 1,
        0,
      );
      if (edge === 'MySQL') expect(lookedUp, 'or no fault met a commit').toBeGreaterThan(0);
      expect(longestMs).toBeLessThanOrEqual(BACK_WITHIN_MS);
      reportFigures('R19', {
        [`faults between two nodes and ${edge}`]: faultCountOf(edge),
        ...(edge === 'MySQL' && { 'commits whose reply was lost, looked up': lookedUp }),
        members: MEMBERS,
        ...figuresOf(tally),
        [`a second at most, of ${MEMBERS_PER_SECOND}`]: peak,
        'ms until back after the longest': longestMs,
      });
    },
    minutes(10, 38),
  );
});
