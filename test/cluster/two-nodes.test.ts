/**
 * Two nodes as processes over one database and one Redis. One of them is killed, or stands still for longer than its
 * leases, again and again in the middle of a campaign; what counts is the vendor's own log.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClusterScene, MEMBERS_PER_SECOND } from '../support/cluster/cluster-scene.js';
import { emptyTally, figuresOf, judgeCampaign } from '../support/cluster/judge-campaign.js';
import { FakeTime, whyNoFakeTime } from '../support/fake-time.js';
import { OwnRedis } from '../support/own-redis.js';
import { minutes, reportFigures, size } from '../support/proof.js';
import type { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const ROUNDS = size(1, 20);
/** Work for so long a round, so that there is some left at the last one. */
const ROUND_SECONDS = 25;
const MEMBERS = MEMBERS_PER_SECOND * ROUND_SECONDS * ROUNDS;
/** What the aim is; in the short form a deadline that fails loudly, whatever else the machine does. */
const ELSEWHERE_WITHIN_MS = size(120_000, 10_000);

describeMysql('two nodes over one database', () => {
  let database: TemporaryDatabase;
  let redis: OwnRedis;
  let scene: ClusterScene;
  beforeEach(async () => {
    database = await temporaryDatabase();
    redis = await OwnRedis.start();
    scene = await ClusterScene.open({ members: MEMBERS, databaseUrl: database.url });
  });
  afterEach(async () => {
    await scene.remove();
    await redis.kill();
    await database.drop();
  });

  const startNode = (environment: Readonly<Record<string, string>> = {}) =>
    scene.startNode({ mysql: { url: database.url }, redis: { url: redis.url } }, { environment });

  /** Buckets that a node works on at this moment. */
  async function leasedBy({ pid }: ServerProcess): Promise<number> {
    const sql = 'SELECT COUNT(*) AS buckets FROM ledger_bucket WHERE lease_owner LIKE ?';
    return Number((await database.query(sql, [`${pid}-%`]))[0]?.['buckets']);
  }

  /** When a node last said that it is there, by the clock of the database. */
  async function lastBeat({ pid }: ServerProcess): Promise<number> {
    const [row] = await database.query('SELECT seen_at FROM node WHERE node_id LIKE ?', [`${pid}-%`]);
    return Number(row?.['seen_at']);
  }

  async function beatAfter(node: ServerProcess, before: number): Promise<number> {
    return until(async () => {
      const beat = await lastBeat(node);
      expect(beat, `the last beat of process ${node.pid}`).toBeGreaterThan(before);
      return beat;
    });
  }

  /** Ends or stops a node that is at work; answers how long it took until nothing waited for it any more. */
  async function strike(victim: ServerProcess, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
    await until(async () => expect(await leasedBy(victim)).toBeGreaterThan(0));
    process.kill(victim.pid, signal);
    const fromMs = performance.now();
    await until(async () => expect(await leasedBy(victim)).toBe(0));
    return Math.round(performance.now() - fromMs);
  }

  const strikes = [
    { signal: 'SIGKILL', apartSeconds: 0, shows: 'R3' },
    { signal: 'SIGSTOP', apartSeconds: 0, shows: 'R8' },
    { signal: 'SIGKILL', apartSeconds: 30, shows: 'R9' },
  ] as const;
  it.for(strikes)(
    `lose nobody, and double nobody beyond the mode, when ${ROUNDS} times one gets $signal in mid-campaign, clocks $apartSeconds s apart`,
    { timeout: minutes(10, 25) },
    async ({ signal, apartSeconds, shows }, context) => {
      if (apartSeconds !== 0 && whyNoFakeTime !== undefined) context.skip(whyNoFakeTime);
      const ahead = new FakeTime();
      ahead.set(apartSeconds);
      const environments = [apartSeconds === 0 ? {} : ahead.environment, {}];
      let [victim, heir] = [await startNode(environments[0]), await startNode(environments[1])];
      const id = await scene.launch(heir);
      let longestMs = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await scene.isBack();
        longestMs = Math.max(longestMs, await strike(victim, signal));
        await scene.isBack();
        if (signal === 'SIGSTOP') {
          const before = await lastBeat(victim);
          process.kill(victim.pid, 'SIGCONT');
          // By its second beat it has tried to write what it still had in its hands.
          await beatAfter(victim, await beatAfter(victim, before));
        } else {
          await victim.kill();
          victim = await startNode(environments[0]);
        }
        [victim, heir] = [heir, victim];
        environments.reverse();
      }
      ahead.remove();
      await scene.expectWorkLeft(heir, id);
      const state = await scene.complete(heir, id);
      const tally = emptyTally();
      await judgeCampaign(scene, heir, { campaignId: id, state, losses: ROUNDS }, tally);
      expect(longestMs).toBeLessThanOrEqual(ELSEWHERE_WITHIN_MS);
      reportFigures(shows, {
        [`times a node of two got ${signal}`]: ROUNDS,
        's between their clocks': apartSeconds,
        members: MEMBERS,
        ...figuresOf(tally),
        'ms until its buckets were free, at most': longestMs,
      });
    },
  );
});

const until = <Answer>(look: () => Promise<Answer>): Promise<Answer> =>
  vi.waitFor(look, { timeout: 120_000, interval: 20 });
