/** The vendor of benches, started and asked from here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import type { Channel } from '../../src/core/channels.js';
import { workerFile } from '../../src/core/worker-file.js';
import { countDeliveries } from '../../src/demo/vendors/read-delivery-log.js';
import type { CleanUp } from './clean-up.js';
import type { VendorCounts } from './http-vendor.js';

export class Vendor {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly logFile: string,
  ) {}

  static async start(
    { latencyMs, logFile }: { readonly latencyMs: number; readonly logFile: string },
    cleanUp: CleanUp,
  ): Promise<Vendor> {
    const program = fileURLToPath(workerFile(import.meta.url, './http-vendor.js'));
    const child = spawn(process.execPath, [program, String(latencyMs), logFile], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const vendor = new Vendor(child, Number(line), logFile);
      cleanUp.add(() => vendor.stop());
      return vendor;
    }
    throw new Error('The vendor ended before it was ready.');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  counts(): Promise<VendorCounts> {
    return this.ask('/');
  }

  /** The next request is the first. */
  forget(): Promise<VendorCounts> {
    return this.ask('/forget');
  }

  /** Resets whatever reaches it, until it is `back`. */
  away(): Promise<VendorCounts> {
    return this.ask('/away');
  }

  back(): Promise<VendorCounts> {
    return this.ask('/back');
  }

  /** Lets it write its log to the end. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
  }

  /** Stops it and reads in its log how many members it told. @throws Error when one was told twice. */
  async toldMembers(channel: Channel, campaignId: number): Promise<number> {
    await this.stop();
    const told = (await countDeliveries(this.logFile, channel)).get(campaignId);
    if (told !== undefined && told.doubled > 0) throw new Error(`${told.doubled} members were told twice.`);
    return told?.members ?? 0;
  }

  private async ask(path: string): Promise<VendorCounts> {
    const { body } = await request(`http://127.0.0.1:${this.port}${path}`);
    return (await body.json()) as VendorCounts; // written by our own vendor
  }
}

/** What a shop writes into its settings for this vendor where it is asked about one member at a time. */
export const singleVendorSettings = (port: number, connections: number): object => ({
  kind: 'http',
  url: `http://127.0.0.1:${port}/v1/push`,
  body: { key: '{{reference}}', to: '{{recipient.phone}}', text: '{{message.body}}' },
  keyLifeMs: 86_400_000,
  connections,
});
