/**
 * Loaded into a server by `--import`: at SIGUSR2 it collects garbage and appends what the process then holds to the file
 * that FANFARE_SOAK_SAMPLES names. The product itself knows nothing of it.
 */
import { appendFileSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

export interface SoakSample {
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Open files and sockets. */
  readonly descriptors: number;
  /** What keeps the process busy: sockets, requests, threads, timers. */
  readonly resources: number;
  readonly timers: number;
}

const file = process.env['FANFARE_SOAK_SAMPLES'];
if (isMainThread && file !== undefined) {
  setFlagsFromString('--expose-gc');
  // The code that the engine makes of ours grows for many minutes, and is no leak: here it is interpreted as it stands.
  for (const flag of ['--no-opt', '--no-sparkplug', '--no-flush-bytecode']) setFlagsFromString(flag);
  const collectGarbage = runInNewContext('gc') as () => void; // what the flag brings
  process.on('SIGUSR2', () => {
    collectGarbage();
    collectGarbage(); // the first one runs finalizers, which free more
    appendFileSync(file, `${JSON.stringify(sample())}\n`);
  });
}

function sample(): SoakSample {
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  return {
    heapBytes: heapUsed + external,
    residentBytes: rss,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: resources.length,
    timers: resources.filter((name) => name === 'Timeout' || name === 'Immediate').length,
  };
}
