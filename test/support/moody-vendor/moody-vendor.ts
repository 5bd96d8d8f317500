import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { workerFile } from '../../../src/core/worker-file.js';
import {
  obeyedSchema,
  readySchema,
  seenRequestSchema,
  type SeenRequest,
  type VendorCommand,
  type VendorFault,
} from './vendor-script.js';

const MAIN = workerFile(import.meta.url, './moody-vendor-main.js');

/** A vendor that does what a test tells it to, in a process of its own; what it logged is the truth. */
export class MoodyVendor {
  private constructor(
    private readonly child: ChildProcess,
    readonly logFile: string,
    readonly ports: z.output<typeof readySchema>,
  ) {}

  static async start(logFile: string): Promise<MoodyVendor> {
    const child = spawn(process.execPath, [MAIN.pathname, logFile], { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      return new MoodyVendor(child, logFile, readySchema.parse(JSON.parse(line)));
    }
    throw new Error('The vendor ended before it was ready.');
  }

  /** The next `requests` on a path meet the fault (all of them where none is said); then it accepts. */
  async script(
    path: string,
    fault: VendorFault,
    { requests = null, latencyMs = 0 }: { readonly requests?: number | null; readonly latencyMs?: number } = {},
  ): Promise<void> {
    await this.command({ kind: 'script', path, fault, requests, latencyMs });
  }

  /** Answers how many requests it holds. */
  async command(command: VendorCommand): Promise<{ readonly heldRequests: number }> {
    const response = await fetch(`http://127.0.0.1:${this.ports.controlPort}/`, {
      method: 'POST',
      body: JSON.stringify(command),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The vendor did not obey: ${text}`);
    return obeyedSchema.parse(JSON.parse(text));
  }

  /** How much was logged by now, to read on from there later. */
  async mark(): Promise<number> {
    await this.command({ kind: 'flush' });
    return statSync(this.logFile).size;
  }

  /** All requests that were through since a mark, by the vendor's log. */
  async seenSince(mark = 0): Promise<readonly SeenRequest[]> {
    await this.command({ kind: 'flush' });
    const lines = readFileSync(this.logFile).subarray(mark).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => seenRequestSchema.parse(JSON.parse(line)));
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
  }
}
