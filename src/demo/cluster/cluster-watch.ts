/** What is seen of the cluster while campaigns run; halfway through it ends a node as a crash would. */
import type { Clock } from '../../core/ports/clock.js';
import type { CampaignWatch } from '../campaign-watch.js';
import type { ProgressStyle } from '../progress-view.js';
import type { Beside } from '../scenario.js';
import type { DemoVendors } from '../vendors-of-demo.js';
import type { BrokerWatch, TopicFigures } from './broker-watch.js';
import type { ClusterNode } from './cluster-nodes.js';
import { renderCluster } from './cluster-view.js';
import { readWork, type WorkFigures } from './node-figures.js';

const LOOK_MS = 1_000;
const HALF_POLL_MS = 20;

export interface ClusterWatchOptions {
  readonly nodes: readonly ClusterNode[];
  readonly vendors: DemoVendors;
  readonly broker: BrokerWatch;
  readonly clock: Clock;
  /** The node that is killed once half of all text messages have their outcome. */
  readonly victim: ClusterNode;
  readonly onBack: (victim: ClusterNode, awayMs: number) => void;
  /** Told before it is killed. */
  readonly onKill: (pid: number) => void;
  /** The campaigns ended before half of one could be seen. */
  readonly onMissed: () => void;
}

export class ClusterWatch implements Beside {
  private work: WorkFigures | undefined;
  /** Undefined while the broker does not answer. */
  private topics: readonly TopicFigures[] | undefined = [];

  constructor(private readonly options: ClusterWatchOptions) {}

  render(style: ProgressStyle): readonly string[] {
    return this.work === undefined ? [] : renderCluster({ ...this.work, topics: this.topics }, style);
  }

  async play(watch: CampaignWatch, signal: AbortSignal): Promise<void> {
    await Promise.all([this.look(signal), this.killHalfWay(watch, signal)]);
    await this.refresh();
  }

  private async look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh();
      await this.options.clock.sleep(LOOK_MS, signal);
    }
  }

  private async refresh(): Promise<void> {
    const { nodes, vendors, broker } = this.options;
    [this.work, this.topics] = await Promise.all([readWork(nodes, vendors), broker.look().catch(() => undefined)]);
  }

  private async killHalfWay(watch: CampaignWatch, signal: AbortSignal): Promise<void> {
    const { clock, victim, onKill, onBack, onMissed } = this.options;
    while (!isHalfWay(watch)) {
      await clock.sleep(HALF_POLL_MS, signal);
      if (!signal.aborted) continue;
      onMissed();
      return;
    }
    const startedMs = clock.monotonicMs();
    const { pid } = victim.server;
    onKill(pid);
    await victim.server.kill();
    await victim.server.whenUp();
    onBack(victim, clock.monotonicMs() - startedMs);
  }
}

/** By text messages: they are the many, and their pace makes them last. */
function isHalfWay(watch: CampaignWatch): boolean {
  return watch
    .progress()
    .some(
      ({ channel, doneMembers, totalMembers }) =>
        channel === 'sms' && totalMembers !== undefined && doneMembers * 2 >= totalMembers,
    );
}
