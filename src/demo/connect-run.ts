import { setMaxListeners } from 'node:events';
import { systemClock } from '../adapters/system/system-clock.js';
import { runDemo, type DemoKind } from './run-demo.js';

/** Connects one run of a demo to this process: its arguments, streams, signals and exit code. */
export async function connectRun(kind?: DemoKind): Promise<void> {
  const interrupt = new AbortController();
  setMaxListeners(0, interrupt.signal); // everything that waits listens to it
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupt.abort());
  }
  process.stdout.on('error', () => interrupt.abort()); // the reader went away
  const run = {
    argv: process.argv.slice(2),
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    signal: interrupt.signal,
    systemLocale: new Intl.DateTimeFormat().resolvedOptions().locale,
  };
  process.exitCode = await runDemo(run, kind);
}
