/**
 * The thread of one channel: hosts the real provider, renders and talks to the vendor. It touches no database, no
 * environment and no file; all it knows came with its start.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../core/assert.js';
import { processMonotonicMs } from '../../system/process-time.js';
import { systemClock } from '../../system/system-clock.js';
import { buildProvider } from '../build-provider.js';
import type { VendorSpec } from '../vendor-spec.js';
import { packAnswer, type FromWorker, type ToWorker } from './wire.js';

assert(parentPort !== null, 'this file runs as a worker thread');
const port = parentPort;
const provider = buildProvider(workerData as VendorSpec, systemClock); // given by WorkerHost
const underWay = new Map<number, AbortController>();

const post = (message: FromWorker): void => port.postMessage(message);

async function send({ id, chunk, postedAtMs }: Extract<ToWorker, { readonly kind: 'send' }>): Promise<void> {
  const stop = new AbortController();
  underWay.set(id, stop);
  try {
    const passedMs = processMonotonicMs() - postedAtMs;
    const startWithinMs = chunk.startWithinMs - passedMs;
    const sendWithinMs = chunk.sendWithinMs - passedMs;
    const answer = await provider.send({ ...chunk, startWithinMs, sendWithinMs }, { signal: stop.signal });
    post({ kind: 'answered', id, answer: packAnswer(answer) });
  } catch (error) {
    post({ kind: 'failed', id, error });
  } finally {
    underWay.delete(id);
  }
}

async function close(): Promise<void> {
  await provider.close();
  post({ kind: 'closed' });
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'send') void send(message);
  else if (message.kind === 'abort') underWay.get(message.id)?.abort();
  else void close();
});
post({ kind: 'ready' });
