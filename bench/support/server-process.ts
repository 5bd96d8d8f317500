/** `fanfare serve` as a process of its own, as users run it. It ends when this process does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { workerFile } from '../../src/core/worker-file.js';
import type { CleanUp } from './clean-up.js';

const READY_MS = 120_000;
const STOP_MS = 30_000;
const readySchema = z.object({ url: z.string() });

/** Where servers leave a CPU profile of their main thread when they end in order; set by `--profile`. */
let profileFolder: string | undefined;

export function profileServersInto(folder: string): void {
  profileFolder = folder;
}

export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** From the start of the process to its first answer. */
    readonly readyMs: number,
  ) {}

  /** @throws Error with what it wrote when it is not ready within two minutes. */
  static async start(dataFolder: string, cleanUp: CleanUp): Promise<ServerProcess> {
    const startedMs = performance.now();
    const args = ['serve', '--json', '--lang', 'en', '--log', 'error', '--data', dataFolder, '--port', '0'];
    const program = [built('../../src/demo/until-parent-ends.js'), built('../../src/cli/main.js')];
    const nodeOptions = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const child = spawn(process.execPath, [...nodeOptions, ...program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: withoutOwnSettings(process.env),
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-10_000)));
    const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const { url } = readySchema.parse(JSON.parse(line));
        const server = new ServerProcess(child, url, performance.now() - startedMs);
        cleanUp.add(() => server.stop());
        return server;
      }
    } finally {
      clearTimeout(late);
    }
    throw new Error(`The server ended before it was ready: ${complaints}`);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.hasEnded()) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Ends it in order. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.hasEnded()) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const hurry = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(hurry);
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** What the user has set for servers of his own is not meant for these. */
function withoutOwnSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('FANFARE_')));
}

const built = (place: string): string => fileURLToPath(workerFile(import.meta.url, place));
