/** An engine in this process, and what a campaign to everybody costs it. */
import { startCampaign } from '../../src/campaign/start-campaign.js';
import type { EngineEvent } from '../../src/compose/engine-event.js';
import type { EngineNode } from '../../src/compose/engine.js';
import type { Channel } from '../../src/core/channels.js';
import { isEnded } from '../../src/campaign/campaign.js';
import type { CleanUp } from './clean-up.js';
import { openEngine, type NodeOptions } from './cluster-node.js';
import { cpuSecondsOfAll, type ServerPids } from './server-cpu.js';

export interface CampaignCost {
  /** From the moment that it runs to its end, which is when its books are closed. */
  readonly perSecond: number;
  readonly freezeMs: number;
  /** Of this process, freeze included. */
  readonly cpuMicros: number;
  /** Of the servers, by name. */
  readonly serverCpuMicros: ReadonlyMap<string, number>;
}

const LOOK_MS = 5;

export class MeasuredEngine {
  private constructor(
    private readonly engine: EngineNode,
    readonly dataFolder: string,
    private readonly pids: ServerPids,
    private readonly running: { atMs: number; frozenInMs: number },
  ) {}

  static async open(
    options: NodeOptions,
    { pids, cleanUp }: { readonly pids: ServerPids; readonly cleanUp: CleanUp },
  ): Promise<MeasuredEngine> {
    const running = { atMs: Number.NaN, frozenInMs: Number.NaN };
    const onEvent = (event: EngineEvent): void => {
      if (event.kind !== 'campaign.running') return;
      running.atMs = performance.now();
      running.frozenInMs = event.frozenInMs;
    };
    const { engine, dataFolder } = await openEngine({ ...options, onEvent }, cleanUp);
    return new MeasuredEngine(engine, dataFolder, pids, running);
  }

  /** @throws Error when the books do not balance. */
  async campaign(channel: Channel, members: number): Promise<CampaignCost> {
    const { store, clock, catalogue } = this.engine;
    const cpuBefore = { own: process.cpuUsage(), servers: cpuSecondsOfAll(this.pids) };
    const { campaignId } = await store.transaction((tx) =>
      startCampaign(
        tx,
        { now: clock.now(), actor: 'bench', catalogue, wording: { language: 'en', timeZone: 'UTC' } },
        {
          name: '双11',
          audience: { definition: { kind: 'everybody' }, buckets: [] },
          channels: [{ channel, message: { ...(channel === 'inbox' && { title: 'Hello' }), body: 'Hello' } }],
        },
      ),
    );
    this.engine.wake();
    for (;;) {
      const campaign = await store.read((tx) => tx.campaigns.find(campaignId));
      if (campaign !== undefined && isEnded(campaign.state)) break;
      await clock.sleep(LOOK_MS);
    }
    const spanMs = performance.now() - this.running.atMs;
    const { user, system } = process.cpuUsage(cpuBefore.own);
    const servers = cpuSecondsOfAll(this.pids);
    const counts = await store.read((tx) => tx.ledger.counts({ campaignId, channel }));
    const counted = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if ((counts.get(0) ?? 0) > 0 || counted !== members) throw new Error('The books of the bench do not balance.');
    return {
      perSecond: (members / spanMs) * 1_000,
      freezeMs: this.running.frozenInMs,
      cpuMicros: (user + system) / members,
      serverCpuMicros: new Map(
        [...servers].map(([name, seconds]) => [name, ((seconds - (cpuBefore.servers.get(name) ?? 0)) * 1e6) / members]),
      ),
    };
  }
}
