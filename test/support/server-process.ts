import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Starts what was built. */
const PROGRAM = fileURLToPath(new URL('../../bin/fanfare.js', import.meta.url));
const readySchema = z.object({ url: z.string() });
const READY_MS = 60_000;
const STOP_MS = 20_000;

/** `fanfare serve` over a data folder, on a free port, in a process of its own. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @throws Error with what the process wrote to standard error when it is not ready within a minute. */
  static async start(dataFolder: string): Promise<ServerProcess> {
    const args = ['serve', '--data', dataFolder, '--port', '0', '--log', 'warn', '--json'];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        return new ServerProcess(child, readySchema.parse(JSON.parse(line)).url);
      }
    } finally {
      clearTimeout(late);
    }
    throw new Error(`The server ended before it was ready: ${complaints}`);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Ends it as `kill -9` does: at once, with nothing said. Safe to call twice. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Ends it in order; answers its exit code, null when it had to be killed after 20 s. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const hurry = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(hurry);
    }
    return this.child.exitCode;
  }
}
