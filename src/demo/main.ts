/** `npm run demo`: connects one run of the demo to this process. */
import { setMaxListeners } from 'node:events';
import { systemClock } from '../adapters/system/system-clock.js';
import { runDemo } from './run-demo.js';

const interrupt = new AbortController();
setMaxListeners(0, interrupt.signal); // everything that waits listens to it
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupt.abort());
}
process.stdout.on('error', () => interrupt.abort()); // the reader went away
process.exitCode = await runDemo({
  argv: process.argv.slice(2),
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  signal: interrupt.signal,
  systemLocale: new Intl.DateTimeFormat().resolvedOptions().locale,
});
