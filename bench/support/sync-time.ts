import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Latencies } from './latencies.js';

const SYNCS = 300;
const PAGE_BYTES = 4_096;

/** What the disk takes to make a page durable: written after the last one and synced, as a commit does. */
export function measureSyncs(folder: string): Latencies {
  const file = join(folder, 'sync-time');
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(PAGE_BYTES, 1);
  const syncs = new Latencies();
  for (let count = 0; count < SYNCS; count++) {
    const startedMs = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    syncs.add(performance.now() - startedMs);
  }
  closeSync(descriptor);
  rmSync(file);
  return syncs;
}
