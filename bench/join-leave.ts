/**
 * A node comes and goes in the middle of a campaign that another one works on:
 *
 *   join    from the start of its process to the first bucket that it has claimed
 *   leave   from SIGTERM to the end of its process, its answers recorded and its leases given back
 *   kill    from SIGKILL to the moment that another node has claimed one of the buckets it held
 *
 * Baseline: the aims of 2, 10 and 10 seconds. Claims are seen in the database, looked at every 10 ms. The vendor answers
 * after 200 ms, so that there is work in hand.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { createPool, type Pool } from 'mysql2/promise';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { clientOf, fillMembers, startNode } from './support/cluster-node.js';
import { lacksServers, openClusterServers } from './support/cluster-servers.js';
import type { ServerProcess } from './support/server-process.js';
import { singleVendorSettings, Vendor } from './support/vendor.js';

export const joinLeave: Bench = {
  name: 'join-leave',
  about: "a node's first claim, its end by SIGTERM, and who takes its buckets after SIGKILL",
  takes: ['runs'],
  run,
};

const AIMS_MS = { join: 2_000, leave: 10_000, kill: 10_000 } as const;
/** More than two nodes can tell while this measures. */
const MEMBERS = 45_000;
const LATENCY_MS = 200;
const WINDOW = 200;
const LOOK_MS = 10;
const GIVE_UP_MS = 120_000;

interface Round {
  readonly joinMs: number;
  readonly readyMs: number;
  readonly leaveMs: number;
  readonly killMs: number;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  if (await lacksServers(['mysql', 'redis', 'rocketmq'], say)) return [];
  const runs = numberOf('runs', 5);
  return withCleanUp(async (cleanUp) => {
    const servers = await openClusterServers(say, cleanUp);
    say(`generating ${MEMBERS.toLocaleString('en')} members`);
    await fillMembers(servers.settings, MEMBERS);
    const vendor = await Vendor.start(
      { latencyMs: LATENCY_MS, logFile: join(runFolder(cleanUp), 'vendor.log') },
      cleanUp,
    );
    const channels = { sms: { provider: singleVendorSettings(vendor.port, WINDOW), windowMembers: WINDOW } };
    const pool = createPool({ uri: servers.mysqlUrl, connectionLimit: 2 });
    cleanUp.add(() => pool.end());
    const start = (): Promise<ServerProcess> => startNode({ channels, cluster: servers.settings }, cleanUp);
    const first = await start();
    const api = await clientOf(first, cleanUp);
    const leases = new Leases(pool, first.pid);
    const rounds: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      const { campaignId } = await api.createPromotion({ channels: ['sms'], where: 'consent.sms' });
      await leases.firstsOwn();
      rounds.push(await measure(start, leases));
      await api.cancel(campaignId);
      await leases.untilNone();
    }
    const of = (read: (round: Round) => number): number[] => rounds.map(read);
    return [
      figureOf(
        'start of a node to its first claim, against the aim',
        'ms',
        of(({ joinMs }) => joinMs),
        [AIMS_MS.join],
      ),
      figureOf(
        'start of a node to its first answer',
        'ms',
        of(({ readyMs }) => readyMs),
      ),
      figureOf(
        'SIGTERM to its end, against the aim',
        'ms',
        of(({ leaveMs }) => leaveMs),
        [AIMS_MS.leave],
      ),
      figureOf(
        'SIGKILL to the first claim of its buckets elsewhere, against the aim',
        'ms',
        of(({ killMs }) => killMs),
        [AIMS_MS.kill],
      ),
    ];
  });
}

/** A node joins and leaves; another one joins and is killed. */
async function measure(start: () => Promise<ServerProcess>, leases: Leases): Promise<Round> {
  const startedMs = performance.now();
  const claimedMs = leases.firstElsewhere();
  const leaver = await start();
  const joinMs = (await claimedMs) - startedMs;
  const termMs = performance.now();
  await leaver.stop();
  const leaveMs = performance.now() - termMs;

  const victim = await start();
  await leases.firstElsewhere();
  const buckets = await leases.elsewhere();
  const killedMs = performance.now();
  await victim.kill();
  const killMs = (await leases.takenOver(buckets)) - killedMs;
  return { joinMs, readyMs: leaver.readyMs, leaveMs, killMs };
}

/** Who has buckets in hand, as the database says. Owners begin with the id of their process. */
class Leases {
  private readonly first: string;

  constructor(
    private readonly pool: Pool,
    firstPid: number,
  ) {
    this.first = `${firstPid}-%`;
  }

  /** When the first node has buckets. */
  firstsOwn(): Promise<number> {
    return this.until('SELECT id FROM ledger_bucket WHERE lease_owner LIKE ? LIMIT 1', [this.first]);
  }

  /** When any other node has one. */
  firstElsewhere(): Promise<number> {
    return this.until('SELECT id FROM ledger_bucket WHERE lease_owner NOT LIKE ? LIMIT 1', [this.first]);
  }

  async elsewhere(): Promise<readonly unknown[]> {
    const buckets = await this.ids('SELECT id FROM ledger_bucket WHERE lease_owner NOT LIKE ?', [this.first]);
    if (buckets.length === 0) throw new Error('The node that is to be killed has nothing in hand.');
    return buckets;
  }

  /** When the first node has one of these. */
  takenOver(buckets: readonly unknown[]): Promise<number> {
    return this.until('SELECT id FROM ledger_bucket WHERE lease_owner LIKE ? AND id IN (?) LIMIT 1', [
      this.first,
      buckets,
    ]);
  }

  async untilNone(): Promise<void> {
    const sql = 'SELECT 1 AS id FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ledger_bucket WHERE lease_owner IS NOT NULL)';
    await this.until(sql, []);
  }

  /** When the statement finds a row first. */
  private async until(sql: string, values: readonly unknown[]): Promise<number> {
    const giveUpMs = performance.now() + GIVE_UP_MS;
    while (performance.now() < giveUpMs) {
      if ((await this.ids(sql, values)).length > 0) return performance.now();
      await sleep(LOOK_MS);
    }
    throw new Error(`Not in two minutes: ${sql}`);
  }

  private async ids(sql: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    const [rows] = await this.pool.query(sql, [...values]);
    return (rows as { readonly id: unknown }[]).map(({ id }) => id); // the column of every statement
  }
}
