import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { workerFile } from '../../core/worker-file.js';
import type { ReadyLine } from './run-stand-in.js';
import type { VendorStats } from './vendor-stats.js';

export const VENDOR_NAMES = ['sms-vendor', 'app-push-vendor', 'mail-server'] as const;
export type VendorName = (typeof VENDOR_NAMES)[number];

export interface StartVendorOptions {
  readonly logFile: string;
  /** 0 (default) for any free port. */
  readonly port?: number;
  readonly isKeyed?: boolean;
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  readonly refuseRate?: number;
  readonly throttleRate?: number;
  readonly failRate?: number;
  readonly loseRate?: number;
  readonly seed?: string;
}

const READY_MS = 60_000;
const STOP_MS = 60_000;

/** A stand-in of the outside world in a process of its own; it ends when this process does. */
export class VendorProcess {
  readonly name: VendorName;
  readonly logFile: string;
  readonly port: number;
  private readonly statsPort: number;
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  private constructor(name: VendorName, logFile: string, child: ChildProcess, ready: ReadyLine) {
    this.name = name;
    this.logFile = logFile;
    this.child = child;
    this.port = ready.port;
    this.statsPort = ready.statsPort;
    this.ended = endOf(child);
  }

  /** @throws Error with what the process printed when it is not ready within 15 s. */
  static async start(name: VendorName, options: StartVendorOptions): Promise<VendorProcess> {
    const file = fileURLToPath(workerFile(import.meta.url, `./${name}.js`));
    const child = spawn(process.execPath, [file, '--stop-with-input', ...flags(options)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const ready = await readReadyLine(name, child);
    return new VendorProcess(name, options.logFile, child, ready);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it has counted so far. */
  stats(): Promise<VendorStats> {
    return getJson(this.statsPort);
  }

  /** Lets it finish requests under way and write its log to the end; answers its exit code. Safe to call twice. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const hurry = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    const code = await this.ended;
    clearTimeout(hurry);
    return code;
  }
}

function flags(options: StartVendorOptions): string[] {
  const numbers = {
    port: options.port,
    'latency-ms': options.latencyMs,
    'jitter-ms': options.jitterMs,
    'refuse-rate': options.refuseRate,
    'throttle-rate': options.throttleRate,
    'fail-rate': options.failRate,
    'lose-rate': options.loseRate,
  };
  return [
    ...['--log', options.logFile],
    ...(options.isKeyed === false ? ['--not-keyed'] : []),
    ...(options.seed === undefined ? [] : ['--seed', options.seed]),
    ...Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
  ];
}

async function readReadyLine(name: VendorName, child: ChildProcess): Promise<ReadyLine> {
  let printed = '';
  child.stderr?.on('data', (part: Buffer) => (printed += part.toString('utf8')));
  const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  try {
    const { stdout } = child;
    if (stdout === null) throw new Error(`${name} has no output.`);
    const lines = createInterface({ input: stdout });
    for await (const line of lines) return JSON.parse(line) as ReadyLine; // the first line of our own stand-in
    await endOf(child);
    throw new Error(`${name} ended before it was ready: ${printed.trim()}`);
  } finally {
    clearTimeout(late);
  }
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  await once(child, 'exit');
  return child.exitCode;
}

async function getJson(port: number): Promise<VendorStats> {
  const sent = request({ host: '127.0.0.1', port, path: '/stats', agent: false }).end();
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream]; // what the event carries
  let text = '';
  for await (const part of response) text += String(part);
  return JSON.parse(text) as VendorStats; // written by our own stand-in
}
