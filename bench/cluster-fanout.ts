/**
 * A campaign to everybody over a keyed vendor that accepts at once and over the own inbox, by one node as it is composed
 * for a cluster: MySQL, tasks and events over RocketMQ, pace over Redis. Full books, and the settings of the database as
 * they were found. Beside it, in the same run and alternating:
 *
 *   embedded        the same engine over a data folder
 *   the reference   one message, one key, one record per member on the same servers
 *                   (support/reference-over-servers.ts says what that does and does not do)
 *
 * What it does not show: network, servers on machines of their own, messages that are rendered.
 */
import { join } from 'node:path';
import { BLOCK_SIZE } from '../src/core/ranges.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp } from './support/clean-up.js';
import { lacksServers, openClusterServers } from './support/cluster-servers.js';
import { MeasuredEngine, type CampaignCost } from './support/measured-engine.js';
import { writePopulation, writePopulationTo } from './support/packed-population.js';
import { referenceOverServers } from './support/reference-over-servers.js';
import { serverPids } from './support/server-cpu.js';
import { noOpVendor } from './support/server-world.js';
import { tableFigures } from './support/table-bytes.js';

export const clusterFanout: Bench = {
  name: 'cluster-fanout',
  about: 'a campaign to everybody by a node of a cluster, keyed no-op vendor and own inbox, full books',
  run,
};

const AIM = 3_000_000;
const REFERENCE_MEMBERS = 50_000;
const CHANNELS = { sms: { provider: { ...noOpVendor.provider, rendersMessage: false } } };

interface Round {
  readonly sms: Sides;
  readonly inbox: Sides;
  readonly referencePerSecond: number;
}
interface Sides {
  readonly cluster: CampaignCost;
  readonly embedded: CampaignCost;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  if (await lacksServers(['mysql', 'redis', 'rocketmq'], say)) return [];
  const members = Math.ceil(numberOf('members', 10_000_000) / BLOCK_SIZE) * BLOCK_SIZE;
  const runs = numberOf('runs', 3);
  const few = Math.min(members, REFERENCE_MEMBERS);
  return withCleanUp(async (cleanUp) => {
    const servers = await openClusterServers(say, cleanUp);
    const pids = await serverPids(servers);
    say(`making ${members.toLocaleString('en')} members' flags, twice`);
    const cluster = await MeasuredEngine.open({ channels: CHANNELS, cluster: servers.settings }, { pids, cleanUp });
    await writePopulationTo(servers.mysqlUrl, members);
    const embedded = await MeasuredEngine.open({ channels: CHANNELS }, { pids: new Map(), cleanUp });
    writePopulation(join(embedded.dataFolder, 'fanfare.db'), members);
    const rounds: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      rounds.push({
        sms: { cluster: await cluster.campaign('sms', members), embedded: await embedded.campaign('sms', members) },
        inbox: {
          cluster: await cluster.campaign('inbox', members),
          embedded: await embedded.campaign('inbox', members),
        },
        referencePerSecond: await referenceOverServers(servers, few),
      });
    }
    return [
      ...figures(rounds, members),
      ...costFigures(rounds, [...pids.keys()]),
      ...(await tableFigures(servers.mysqlUrl, {
        'flags in MySQL': { tables: ['population_block', 'population_flags'], members },
        'books in MySQL': { tables: ['ledger_bucket'], members: 2 * runs * members },
        'audience in MySQL': { tables: ['audience_bucket'], members: 2 * runs * members },
        'inbox in MySQL': { tables: ['inbox_block', 'inbox_row'], members: runs * members },
      })),
    ];
  });
}

function figures(rounds: readonly Round[], members: number): Figure[] {
  const of = (read: (round: Round) => number): number[] => rounds.map(read);
  const sms = of(({ sms: { cluster } }) => cluster.perSecond);
  const inbox = of(({ inbox: { cluster } }) => cluster.perSecond);
  return [
    figureOf('keyed vendor, against the aim', 'members/s', sms, [AIM]),
    figureOf(
      'keyed vendor, against embedded',
      'members/s',
      sms,
      of((round) => round.sms.embedded.perSecond),
    ),
    figureOf('own inbox, against the aim', 'members/s', inbox, [AIM]),
    figureOf(
      'own inbox, against embedded',
      'members/s',
      inbox,
      of((round) => round.inbox.embedded.perSecond),
    ),
    figureOf(
      'the reference on the same servers',
      'members/s',
      of(({ referencePerSecond }) => referencePerSecond),
    ),
    figureOf(
      'keyed vendor against the reference',
      'times',
      of((round) => round.sms.cluster.perSecond / round.referencePerSecond),
    ),
    figureOf(
      `freeze of ${members.toLocaleString('en')}, against embedded`,
      'ms',
      of((round) => round.sms.cluster.freezeMs),
      of((round) => round.sms.embedded.freezeMs),
    ),
  ];
}

function costFigures(rounds: readonly Round[], servers: readonly string[]): Figure[] {
  const channels = [
    ['keyed vendor', (round: Round) => round.sms],
    ['own inbox', (round: Round) => round.inbox],
  ] as const;
  return channels.flatMap(([name, sidesOf]) => [
    figureOf(
      `CPU of the node, ${name}, against embedded`,
      'µs/member',
      rounds.map((round) => sidesOf(round).cluster.cpuMicros),
      rounds.map((round) => sidesOf(round).embedded.cpuMicros),
    ),
    ...servers.map((server) =>
      figureOf(
        `CPU of ${server}, ${name}`,
        'µs/member',
        rounds.map((round) => sidesOf(round).cluster.serverCpuMicros.get(server) ?? Number.NaN),
      ),
    ),
  ]);
}
