/**
 * The database server is killed and started again in mid-campaign, under two nodes and a client that writes: what was
 * acknowledged is there, and everybody is told as the delivery mode of the channel promises.
 */
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { machineMs } from '../support/moody-vendor/vendor-log.js';
import { OwnMariadb, whyNoOwnMariadb } from '../support/own-mariadb.js';
import { OwnRedis } from '../support/own-redis.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { promotionNames } from '../support/promotion-calls.js';
import { ClusterScene, MEMBERS_PER_SECOND } from '../support/cluster/cluster-scene.js';
import { emptyTally, figuresOf, judgeCampaign } from '../support/cluster/judge-campaign.js';
import { KeyedWriter } from '../support/cluster/keyed-writer.js';

const CAMPAIGNS = size(1, 5);
const KILLS = size(3, 20);
/** How long it is away, one kill after another: mostly as long as it takes to start, now and then longer than leases last. */
const AWAY_MS = [0, 10_000, 0, 0];
/** The moment of a kill is left to chance. */
const MAX_PAUSE_MS = 500;
/** Work for ten seconds a kill, so that there is some left at the last one. */
const MEMBERS = MEMBERS_PER_SECOND * 10 * (KILLS + 1);
/** What the aim is; in the short form a deadline that fails loudly, whatever else the machine does. */
const BACK_WITHIN_MS = size(120_000, 10_000);

it.skipIf(whyNoOwnMariadb !== undefined)(
  `${CAMPAIGNS * KILLS} kills of the database lose nothing that was acknowledged${whyNoOwnMariadb === undefined ? '' : ` (skipped: ${whyNoOwnMariadb})`}`,
  async () => {
    const random = new SeededRandom(takeSeed('moments of the kills'));
    const tally = emptyTally();
    let longestMs = 0;
    let acknowledged = 0;
    let repeated = 0;
    for (let campaign = 0; campaign < CAMPAIGNS; campaign++) {
      const mariadb = await OwnMariadb.start();
      const redis = await OwnRedis.start();
      const databaseUrl = await mariadb.createDatabase('shop');
      const scene = await ClusterScene.open({ members: MEMBERS, databaseUrl });
      try {
        const servers = { mysql: { url: databaseUrl }, redis: { url: redis.url } };
        const [first, second] = [await scene.startNode(servers), await scene.startNode(servers)];
        const id = await scene.launch(first);
        const writer = new KeyedWriter([first.url, second.url]);
        for (let kill = 0; kill < KILLS; kill++) {
          await scene.isBack();
          await after(random.next() * MAX_PAUSE_MS);
          await mariadb.kill();
          await after(AWAY_MS[kill % AWAY_MS.length]);
          await mariadb.startAgain();
          const backMs = await scene.isBack(machineMs());
          console.log(`campaign ${campaign}, kill ${kill}: back after ${backMs} ms`);
          longestMs = Math.max(longestMs, backMs);
        }
        await scene.expectWorkLeft(first, id);
        const written = await writer.stop();
        const state = await scene.complete(first, id);
        await judgeCampaign(scene, second, { campaignId: id, state, losses: 2 * KILLS }, tally);
        // Each write was acknowledged in the end, repeated under its key as often as it took, and took effect once.
        expect((await promotionNames(first.url)).sort()).toEqual([...written.names].sort());
        console.log(`campaign ${campaign}: judged, ${written.names.length} writes`);
        acknowledged += written.names.length;
        repeated += written.repeats;
      } finally {
        await scene.remove();
        await redis.kill();
        await mariadb.remove();
      }
    }
    expect(repeated, 'or no kill met a write').toBeGreaterThan(0);
    expect(longestMs).toBeLessThanOrEqual(BACK_WITHIN_MS);
    reportFigures('R17', {
      'kills of the database': CAMPAIGNS * KILLS,
      members: MEMBERS * CAMPAIGNS,
      ...figuresOf(tally),
      'writes acknowledged, all there once': acknowledged,
      'of their calls repeated under their key': repeated,
      'ms until back after the longest': longestMs,
    });
  },
  minutes(20, 40),
);
