import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { vi } from 'vitest';

const run = promisify(execFile);

/** A place where file systems can be mounted that nobody else on the machine sees; gone with its last process. */
export class MountNamespace {
  private constructor(private readonly holder: ChildProcess) {}

  static async open(): Promise<MountNamespace> {
    const holder = spawn('unshare', ['-m', '--propagation', 'private', 'sleep', '7200'], { stdio: 'ignore' });
    await vi.waitFor(
      () => {
        const ours = readlinkSync('/proc/self/ns/mnt');
        if (readlinkSync(`/proc/${holder.pid ?? 0}/ns/mnt`) === ours) throw new Error('not unshared yet');
      },
      { timeout: 60_000, interval: 5 },
    );
    return new MountNamespace(holder);
  }

  /** How to start a program inside. */
  inside(command: string, ...args: string[]): readonly [string, string[]] {
    return ['nsenter', ['-t', String(this.holder.pid), '-m', '--', command, ...args]];
  }

  /** Runs a program inside; rejects when it fails. */
  async run(command: string, ...args: string[]): Promise<string> {
    return (await run(...this.inside(command, ...args))).stdout;
  }

  close(): void {
    this.holder.kill('SIGKILL');
  }
}
