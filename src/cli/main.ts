/** The program `fanfare`: connects one run of the command line to this process. */
import { userInfo } from 'node:os';
import { systemClock } from '../adapters/system/system-clock.js';
import { EXIT_CODES } from './exit-code.js';
import { productVersion } from './product-version.js';
import { runCli } from './run-cli.js';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(EXIT_CODES.interrupted); // asked twice: at once
    interrupt.abort();
  });
}
process.stdout.on('error', () => {}); // a reader that went away; the write that met it says so
process.stderr.on('error', () => {}); // nobody reads what is said beside; the command's work and exit code stand
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  signal: interrupt.signal,
  version: productVersion(),
  systemLocale: new Intl.DateTimeFormat().resolvedOptions().locale,
  userName: nameOfUser(),
});

function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // a user without an entry, as in some containers
  }
}
