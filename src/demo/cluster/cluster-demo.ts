/**
 * The demo of a cluster: everything that nodes share, two of them, vendors, members, the scenario with a kill in the middle
 * of it, a verdict; closed in reverse, whatever happens.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCount } from '../../cli/format-values.js';
import { TOPICS } from '../../core/topics.js';
import { DemoApi } from '../demo-api.js';
import { openDemoFolder, type DemoFolder } from '../demo-folder.js';
import { fillMembers } from '../fill-members.js';
import { OwnedParts } from '../owned-parts.js';
import type { DemoKind, DemoRun, Voice } from '../run-demo.js';
import type { ScenarioContext } from '../scenario.js';
import { promotionScenario } from '../scenarios/promotion-scenario.js';
import { Screen } from '../screen.js';
import { showNext, showVerdict } from '../show-end.js';
import { Stages } from '../stages.js';
import { CLUSTER_TEXT as T } from '../text/cluster-text.js';
import { DEMO_TEXT } from '../text/demo-text.js';
import { openVendors, stopVendors, type DemoVendors } from '../vendors-of-demo.js';
import { BrokerWatch } from './broker-watch.js';
import { checkMachine, type Machine } from './check-machine.js';
import { startNode, type ClusterNode } from './cluster-nodes.js';
import { readClusterOptions, type ClusterOptions } from './cluster-options.js';
import { ClusterWatch } from './cluster-watch.js';
import { openSharedServers, type SharedServers } from './shared-servers.js';
import { SHOP_GROUP, ShopSystem } from './shop-system.js';

/** Text messages go out over so long at least: else there would be no middle to kill a node in. */
const SMS_SPAN_SECONDS = 20;
const MIN_SMS_PER_SECOND = 50;
const MAX_SMS_PER_SECOND = 30_000;
/** What the other system of the shop listens to. */
const HEARD_TOPICS = [TOPICS.promotionCreated, TOPICS.campaignLaunched, TOPICS.campaignCompleted];

export const clusterDemo: DemoKind = { play: playAsAsked, interrupted: T.interrupted };

async function playAsAsked(run: DemoRun, voice: Voice): Promise<number> {
  const options = readClusterOptions(run.argv, run.environment);
  if (options.isHelp) {
    run.stdout.write(voice.say(T.help));
    return 0;
  }
  const machine = await checkMachine(options);
  const owned = new OwnedParts();
  try {
    return await play({ ...run, ...voice, ...machine, options }, owned);
  } finally {
    await owned.close();
  }
}

interface ClusterDemo extends DemoRun, Voice, Machine {
  readonly options: ClusterOptions;
}

async function play(demo: ClusterDemo, owned: OwnedParts): Promise<number> {
  const { options, clock, say, signal } = demo;
  const screen = new Screen(demo.stdout, demo.environment);
  const stages = new Stages(screen, clock);
  const startedMs = clock.monotonicMs();
  const folder = openRunFolder({ ...demo, screen }, owned);
  screen.print('', `  ${screen.ink('bold', say(DEMO_TEXT.title))}`);
  screen.print(`  ${screen.ink('dim', say(T.subtitle, folder.path))}`, '');

  const shared = await openSharedServers({ ...demo, folder: folder.path, stages }, owned);
  const state = { members: options.members, scenario: promotionScenario.name, vendorPorts: {} };
  const vendors = await openVendors({ ...demo, folder, state, stages });
  owned.add(() => stopVendors(vendors));
  signal.throwIfAborted();
  const { nodes, beside } = await openNodes({ ...demo, folder, shared, vendors, stages }, owned);
  const shop = new ShopSystem(shared.rocketmq, clock);
  owned.add(() => shop.close());
  for (const topic of HEARD_TOPICS) await shop.subscribe(topic);

  const [{ server }, { server: victim }] = nodes;
  const api = new DemoApi(server, { url: await server.whenUp(), clock, signal });
  owned.add(() => api.close());
  owned.add(() => screen.move([]));
  const context: ScenarioContext = { ...demo, api, events: shop, folder, stages, screen, beside };
  await fillMembers(context, options.members);
  const end = await promotionScenario.play(context);
  showVerdict(context, end, clock.monotonicMs() - startedMs);
  if (options.isOnce) return end.differences.length === 0 ? 0 : 1;
  showNext(context, end, { port: server.port, serving: say(T.serving, victim.pid) });
  await clock.sleep(Infinity, signal);
  screen.print('', `  ${say(T.stopping)}`);
  return 0;
}

/** A folder for this run alone: configurations, logs, what RocketMQ writes. */
function openRunFolder(
  { options: { isKept }, say, screen }: ClusterDemo & { readonly screen: Screen },
  owned: OwnedParts,
): DemoFolder {
  const folder = openDemoFolder(mkdtempSync(join(tmpdir(), 'fanfare-cluster-')));
  owned.add(() => {
    folder.close();
    if (isKept) screen.print(`  ${say(T.keptFolder, folder.path)}`);
    else rmSync(folder.path, { recursive: true, force: true });
  });
  return folder;
}

interface NodesOfDemo extends ClusterDemo {
  readonly folder: DemoFolder;
  readonly shared: SharedServers;
  readonly vendors: DemoVendors;
  readonly stages: Stages;
}

async function openNodes(
  demo: NodesOfDemo,
  owned: OwnedParts,
): Promise<{ readonly nodes: readonly [ClusterNode, ClusterNode]; readonly beside: ClusterWatch }> {
  const { options, clock, say, language, folder, shared, vendors, stages, environment } = demo;
  const smsMembersPerSecond = smsPaceFor(options.members);
  const killed = new Set<number>(); // by this demo
  let startedMs = clock.monotonicMs();
  const start = async (index: 0 | 1): Promise<ClusterNode> => {
    const node = await startNode({
      name: `node-${index + 1}`,
      port: demo.ports[index],
      folder: folder.path,
      cluster: shared.settings,
      smsMembersPerSecond,
      vendors,
      language,
      environment,
      onDied: ({ name, pid, how }) => {
        if (killed.has(pid)) stages.note(say(T.killed), say(T.killedHalfWay, name, pid));
        else stages.note(say(T.node), say(T.died, name, pid, how));
      },
    });
    owned.add(() => node.server.stop());
    const text = say(T.nodeRuns, node.name, await node.server.whenUp(), node.server.pid);
    stages.done(say(T.node), text, clock.monotonicMs() - startedMs);
    startedMs = clock.monotonicMs();
    demo.signal.throwIfAborted();
    return node;
  };
  const nodes = [await start(0), await start(1)] as const; // the first brings the tables into the database
  stages.done(say(T.pace), say(T.paceShared, formatCount(smsMembersPerSecond)), undefined);
  const broker = new BrokerWatch(shared.rocketmq, [SHOP_GROUP]);
  owned.add(() => broker.close());
  const beside = new ClusterWatch({
    nodes,
    vendors,
    broker,
    clock,
    victim: nodes[1],
    onKill: (pid) => killed.add(pid),
    onBack: ({ name, server }, awayMs) => {
      stages.done(say(T.back), say(T.backAs, name, server.pid), awayMs);
    },
    onMissed: () => {
      stages.note(say(T.killed), say(T.notKilled));
    },
  });
  return { nodes, beside };
}

const smsPaceFor = (members: number): number =>
  Math.min(MAX_SMS_PER_SECOND, Math.max(MIN_SMS_PER_SECOND, Math.ceil(members / SMS_SPAN_SECONDS)));
