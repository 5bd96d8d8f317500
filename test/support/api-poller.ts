import { readFileSync } from 'node:fs';
import { size } from './proof.js';

/** What came of asking an API again and again while something else goes on. */
export interface PolledApi {
  readonly answered: number;
  readonly notAnswered: number;
  readonly p99Ms: number;
  readonly peakRssBytes: number;
}

const PAUSE_MS = 20;
/** A call that has no answer by then has none at all. On a machine with other work a slow one is no fault of the server. */
const ANSWER_MS = size(60_000, 5_000);

/** Reads, writes and lists, one after another, until it is stopped; watches the memory of the process that answers. */
export class ApiPoller {
  private readonly latenciesMs: number[] = [];
  private slowestMs = 0;
  private notAnswered = 0;
  private peakRssBytes = 0;
  private isStopped = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly pid: number,
  ) {
    this.running = this.run();
  }

  /** The slowest answer since the last call: how long the machine kept the server, or us, from running. */
  takeSlowestMs(): number {
    const { slowestMs } = this;
    this.slowestMs = 0;
    return slowestMs;
  }

  async stop(): Promise<PolledApi> {
    this.isStopped = true;
    await this.running;
    const sorted = this.latenciesMs.toSorted((a, b) => a - b);
    return {
      answered: sorted.length,
      notAnswered: this.notAnswered,
      p99Ms: Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? NaN),
      peakRssBytes: this.peakRssBytes,
    };
  }

  private async run(): Promise<void> {
    const calls: readonly (() => Promise<Response>)[] = [
      () => this.call('/v1/members/m0'),
      () => this.call('/v1/campaigns?limit=10'),
      () => this.call('/v1/members/m0', { method: 'PATCH', body: JSON.stringify({ level: 2 }) }),
      () => this.call('/metrics'),
    ];
    for (let number = 0; !this.isStopped; number++) {
      const startedMs = performance.now();
      try {
        const response = await (calls[number % calls.length] ?? (() => this.call('/metrics')))();
        await response.arrayBuffer();
        const latencyMs = performance.now() - startedMs;
        this.slowestMs = Math.max(this.slowestMs, latencyMs);
        if (response.ok) this.latenciesMs.push(latencyMs);
        else this.notAnswered++;
      } catch {
        this.notAnswered++; // told at the end; a call that is not answered in time is one too
      }
      this.peakRssBytes = Math.max(this.peakRssBytes, rssBytes(this.pid));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = init.body === undefined ? {} : { 'content-type': 'application/json' };
    return fetch(`${this.url}${path}`, { ...init, headers, signal: AbortSignal.timeout(ANSWER_MS) });
  }
}

/** Resident memory of a process of this machine; 0 where it is gone. */
export function rssBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
