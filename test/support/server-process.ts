import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Starts what was built. */
const PROGRAM = fileURLToPath(new URL('../../bin/fanfare.js', import.meta.url));
const readySchema = z.object({ url: z.string() });
const stoppedSchema = z.object({ unansweredMembers: z.int() });
/** These end what hangs; on a machine with other work a start alone was seen to take more than a minute. */
const READY_MS = 300_000;
const STOP_MS = 120_000;

export interface ServerProcessOptions {
  /** `warn` where left out. */
  readonly logLevel?: 'warn' | 'debug';
  /** Where or how it is started, as in a mount namespace. */
  readonly inside?: (command: string, ...args: string[]) => readonly [string, string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

/** `fanfare serve` over a data folder, on a free port, in a process of its own. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly said: readonly string[],
    private readonly lines: readonly string[],
  ) {}

  /** @throws Error with what the process wrote to standard error when it is not ready within five minutes. */
  static async start(
    dataFolder: string,
    { inside = (command, ...args) => [command, args], environment = {}, logLevel = 'warn' }: ServerProcessOptions = {},
  ): Promise<ServerProcess> {
    const serve = ['serve', '--data', dataFolder, '--port', '0', '--log', logLevel, '--json', '--lang', 'en'];
    const [command, args] = inside(process.execPath, PROGRAM, ...serve);
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    const said: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.push(text);
    });
    const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await Promise.race([once(output, 'line'), once(output, 'close')]);
    clearTimeout(late);
    const [ready] = lines;
    if (ready !== undefined) return new ServerProcess(child, readySchema.parse(JSON.parse(ready)).url, said, lines);
    throw new Error(`The server ended before it was ready: ${said.join('')}`);
  }

  /** What it has logged so far, from its log level up. */
  get complaints(): string {
    return this.said.join('');
  }

  /** After a stop in order: members handed over whose vendor had not answered by then, as it says itself. */
  get unansweredMembers(): number {
    return stoppedSchema.parse(JSON.parse(this.lines.at(-1) ?? '')).unansweredMembers;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('a server that said it was ready has a process');
    return pid;
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

  /** Ends it in order; answers its exit code, null when it had to be killed after two minutes. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) {
      const ended = once(this.child, 'close');
      this.child.kill('SIGTERM');
      const hurry = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(hurry);
    }
    return this.child.exitCode;
  }
}
