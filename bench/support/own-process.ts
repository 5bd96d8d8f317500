/** A program of `bench/support` as a process of its own that says a line when it is ready, and ends when it is told to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { workerFile } from '../../src/core/worker-file.js';
import type { CleanUp } from './clean-up.js';

export interface OwnProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: string;
  /** What it says after that, until its end. */
  readonly lines: AsyncIterable<string>;
}

/** @throws Error when it ends before it has said anything; its complaints are on standard error. */
export async function startOwn(name: string, args: readonly string[], cleanUp: CleanUp): Promise<OwnProcess> {
  const program = fileURLToPath(workerFile(import.meta.url, `./${name}.js`));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanUp.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true) throw new Error(`${name} ended before it was ready.`);
  return { child, pid: child.pid ?? 0, ready: first.value, lines: { [Symbol.asyncIterator]: () => lines } };
}
