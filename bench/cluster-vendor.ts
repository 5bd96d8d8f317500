/**
 * One request per member to a vendor that takes 200 ms, by one node and by two, each with a window and as many
 * connections of 200: what limits a node then is how many answers it may wait for, so the second node should nearly
 * double the pace. By turns in the same run, over the same members; the vendor's log is compared with the books.
 *
 * What it does not show: nodes, vendor and all servers on machines of their own. Here they share the CPU, so what a
 * second node adds is what it may have in flight, not what it can compute.
 */
import { join } from 'node:path';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import type { BenchApi } from './support/bench-api.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { clientOf, fillMembers, startNode } from './support/cluster-node.js';
import { lacksServers, openClusterServers, type ClusterServers } from './support/cluster-servers.js';
import { cpuSecondsOf } from './support/process-figures.js';
import { cpuSecondsOfAll, serverPids, type ServerPids } from './support/server-cpu.js';
import type { ServerProcess } from './support/server-process.js';
import { singleVendorSettings, Vendor } from './support/vendor.js';
import { tableFigures } from './support/table-bytes.js';
import { populationFor } from './support/vendor-run.js';

export const clusterVendor: Bench = {
  name: 'cluster-vendor',
  about: 'one request per member to a vendor of 200 ms, by one node and by two',
  run,
};

const LATENCY_MS = 200;
const WINDOW = 200;
const MEMBER_TABLES = [
  ...['member_core', 'member_profile', 'member_term', 'member_tag_block', 'member_address'],
  ...['population_block', 'population_flags'],
];
/** What a window allows in a second. */
const CEILING = (WINDOW * 1_000) / LATENCY_MS;

interface Leg {
  readonly perSecond: number;
  readonly nodeCpuMicros: number;
  /** Of each server that runs here. */
  readonly serverCpuMicros: ReadonlyMap<string, number>;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  if (await lacksServers(['mysql', 'redis', 'rocketmq'], say)) return [];
  const members = numberOf('members', 60_000);
  const runs = numberOf('runs', 3);
  return withCleanUp(async (cleanUp) => {
    const servers = await openClusterServers(say, cleanUp);
    const population = populationFor(members);
    say(`generating ${population.toLocaleString('en')} members`);
    const fillStartedMs = performance.now();
    await fillMembers(servers.settings, population);
    const filledPerSecond = (population * 1_000) / (performance.now() - fillStartedMs);
    const pids = await serverPids(servers);
    const one: Leg[] = [];
    const two: Leg[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}: one node`);
      one.push(await leg({ nodes: 1, servers, pids, say }));
      say(`run ${round} of ${runs}: two nodes`);
      two.push(await leg({ nodes: 2, servers, pids, say }));
    }
    const rate = ({ perSecond }: Leg): number => perSecond;
    const cpu = ({ nodeCpuMicros }: Leg): number => nodeCpuMicros;
    const ceiling = (nodes: number): number[] => [nodes * CEILING];
    return [
      figureOf('two nodes, against one', 'members/s', two.map(rate), one.map(rate)),
      figureOf('one node, against its window', 'members/s', one.map(rate), ceiling(1)),
      figureOf('two nodes, against their windows', 'members/s', two.map(rate), ceiling(2)),
      figureOf('CPU of two nodes, against one', 'µs/member', two.map(cpu), one.map(cpu)),
      ...[...pids.keys()].map((server) => {
        const ofServer = ({ serverCpuMicros }: Leg): number => serverCpuMicros.get(server) ?? Number.NaN;
        return figureOf(`CPU of ${server}, two nodes against one`, 'µs/member', two.map(ofServer), one.map(ofServer));
      }),
      figureOf('members generated into MySQL', 'members/s', [filledPerSecond]),
      ...(await tableFigures(servers.mysqlUrl, {
        'members in MySQL': { tables: MEMBER_TABLES, members: population },
      })),
    ];
  });
}

interface LegOptions {
  readonly nodes: number;
  readonly servers: ClusterServers;
  readonly pids: ServerPids;
  readonly say: BenchOptions['say'];
}

function leg({ nodes, servers, pids, say }: LegOptions): Promise<Leg> {
  return withCleanUp(async (cleanUp) => {
    const vendor = await Vendor.start(
      { latencyMs: LATENCY_MS, logFile: join(runFolder(cleanUp), 'vendor.log') },
      cleanUp,
    );
    const channels = { sms: { provider: singleVendorSettings(vendor.port, WINDOW), windowMembers: WINDOW } };
    const started: { readonly server: ServerProcess; readonly api: BenchApi }[] = [];
    for (let node = 0; node < nodes; node++) {
      const server = await startNode({ channels, cluster: servers.settings }, cleanUp);
      started.push({ server, api: await clientOf(server, cleanUp) });
    }
    const [first] = started;
    if (first === undefined) throw new RangeError('A leg has a node.');
    const nodeCpu = (): number => started.reduce((sum, { server }) => sum + cpuSecondsOf(server.pid), 0);
    const before = { nodes: nodeCpu(), servers: cpuSecondsOfAll(pids) };
    const startedMs = performance.now();
    const { campaignId } = await first.api.createPromotion({ channels: ['sms'], where: 'consent.sms' });
    const { channels: ended } = await first.api.untilEnded(campaignId, say);
    const spanSeconds = (performance.now() - startedMs) / 1_000;
    const after = { nodes: nodeCpu(), servers: cpuSecondsOfAll(pids) };
    const told = await vendor.toldMembers('sms', campaignId);
    const sent = ended[0]?.books.sent ?? 0;
    if (told === 0 || told !== sent) throw new Error(`The vendor told ${told}, the books say ${sent}.`);
    const micros = (seconds: number): number => (seconds * 1e6) / told;
    return {
      perSecond: told / spanSeconds,
      nodeCpuMicros: micros(after.nodes - before.nodes),
      serverCpuMicros: new Map(
        [...after.servers].map(([name, seconds]) => [name, micros(seconds - (before.servers.get(name) ?? 0))]),
      ),
    };
  });
}
