/**
 * Nodes of a cluster as processes, over servers that a test may treat badly, and a vendor of three channels, one of each
 * delivery mode, in a process of its own that nobody ends. Its log is the truth.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { MysqlStore } from '../../../src/adapters/mysql/mysql-store.js';
import { systemClock } from '../../../src/adapters/system/system-clock.js';
import { CampaignApi } from '../campaign-api.js';
import { MoodyVendor } from '../moody-vendor/moody-vendor.js';
import { machineMs } from '../moody-vendor/vendor-log.js';
import { addMembers } from '../push-rig.js';
import { ServerProcess } from '../server-process.js';
import { httpConfig, HTTP_CHANNELS } from '../../vendors/http-scene.js';
import { phoneOf } from '../../vendors/scene.js';

/** Window of the channels where a fault may cost something. */
export const WINDOW_MEMBERS = 64;
/** What each channel may tell in a second while faults go on: slow enough that work is left, fast enough to be met by them. */
export const MEMBERS_PER_SECOND = 60;
/** So many requests are on their way when a fault comes. */
const LATENCY_MS = 60;
const CONNECTIONS = 16;
const MEMBERS_AT_ONCE = 2_000;
/** Ends what hangs; the promise is judged by the figures of the full form. */
const DEADLINE_MS = 240_000;

/** The settings `cluster` of a node: what it connects to. */
export interface ClusterServers {
  readonly mysql: { readonly url: string };
  readonly redis?: { readonly url: string };
  readonly rocketmq?: object;
}

export interface ClusterSceneOptions {
  readonly members: number;
  /** Where the members are put before anything goes wrong. */
  readonly databaseUrl: string;
}

export class ClusterScene {
  readonly nodes: ServerProcess[] = [];

  private constructor(
    readonly folder: string,
    readonly vendor: MoodyVendor,
    readonly members: number,
  ) {}

  static async open({ members, databaseUrl }: ClusterSceneOptions): Promise<ClusterScene> {
    await fill(databaseUrl, members);
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-cluster-'));
    const vendor = await MoodyVendor.start(join(folder, 'vendor.log'));
    const scene = new ClusterScene(folder, vendor, members);
    await scene.setLatency(LATENCY_MS);
    return scene;
  }

  async startNode(
    servers: ClusterServers,
    { environment = {}, config = {} }: { readonly environment?: Record<string, string>; readonly config?: object } = {},
  ): Promise<ServerProcess> {
    const folder = join(this.folder, `node-${this.nodes.length}`);
    mkdirSync(folder, { mode: 0o700 });
    const windows = { windowMembers: WINDOW_MEMBERS };
    const channels = httpConfig(this.vendor.ports.httpPort, { connections: CONNECTIONS, extra: windows });
    writeFileSync(join(folder, 'fanfare.config.json'), JSON.stringify({ ...channels, ...config, cluster: servers }));
    const node = await ServerProcess.start(folder, { environment });
    this.nodes.push(node);
    return node;
  }

  /** Launches a campaign to everybody on all three channels. */
  async launch(node: ServerProcess, membersPerSecond = MEMBERS_PER_SECOND): Promise<number> {
    const { id } = await new CampaignApi(node.url).launch({
      name: 'Whatever the servers do',
      audience: { kind: 'everybody' },
      channels: HTTP_CHANNELS.map(({ channel, mode }) => ({
        channel,
        mode,
        membersPerSecond,
        message: { ...(channel === 'email' && { subject: 'Hello' }), body: 'Hello {{member.name}}' },
      })),
    });
    return id;
  }

  /** Waits until the vendor is asked on every channel again; answers after how many milliseconds it was, on the last of them. */
  async isBack(fromMs = machineMs()): Promise<number> {
    const mark = await this.vendor.mark();
    return vi.waitFor(
      async () => {
        const seen = await this.vendor.seenSince(mark);
        const firsts = HTTP_CHANNELS.map(({ path }) =>
          Math.min(...seen.filter((one) => one.path === path && one.atMs > fromMs).map(({ atMs }) => atMs)),
        );
        const lastMs = Math.max(...firsts);
        if (Number.isFinite(lastMs)) return Math.round(lastMs - fromMs);
        throw new Error(`not every channel is back: ${JSON.stringify(firsts)}\n${this.complaints()}`);
      },
      { timeout: DEADLINE_MS, interval: 20 },
    );
  }

  /** Fails unless there is work left on every channel: else what came after met no campaign. */
  async expectWorkLeft(node: ServerProcess, id: number): Promise<void> {
    for (const { channel, books } of (await new CampaignApi(node.url).campaign(id)).channels) {
      expect(books['pending'], `${channel} has work left`).toBeGreaterThan(0);
    }
  }

  /** Lets the campaign end as fast as it can. */
  async complete(node: ServerProcess, id: number) {
    await this.setLatency(0);
    const api = new CampaignApi(node.url);
    for (const { channel } of HTTP_CHANNELS) await api.liftPace(id, channel);
    return api.completed(id, DEADLINE_MS);
  }

  complaints(): string {
    return this.nodes.map((node) => `${node.pid}: ${node.complaints.slice(-4_000)}`).join('\n');
  }

  async remove(): Promise<void> {
    for (const node of this.nodes) await node.kill();
    await this.vendor.stop();
    rmSync(this.folder, { recursive: true });
  }

  private async setLatency(latencyMs: number): Promise<void> {
    for (const { path } of HTTP_CHANNELS) await this.vendor.script(path, { kind: 'accept' }, { latencyMs });
  }
}

async function fill(url: string, members: number): Promise<void> {
  const store = await MysqlStore.open({ url, clock: systemClock });
  for (let first = 0; first < members; first += MEMBERS_AT_ONCE) {
    await addMembers(store, systemClock, {
      count: Math.min(MEMBERS_AT_ONCE, members - first),
      fieldsOf: (index) => ({
        phone: phoneOf(first + index),
        email: `m${first + index}@shop.example`,
        pushToken: `device-${first + index}`,
      }),
    });
  }
  await store.close();
}
