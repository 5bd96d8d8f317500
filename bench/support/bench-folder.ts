/**
 * Where benches keep files: `.cache/bench` of the checkout, on the disk that the project is on, because a temporary
 * folder may be memory, where a sync costs nothing.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerFile } from '../../src/core/worker-file.js';
import type { CleanUp } from './clean-up.js';

/** Seen from dist/bench/support, where this file runs, or would. */
const BENCH_FOLDER = fileURLToPath(new URL('../../../.cache/bench/', workerFile(import.meta.url, './')));
const RUN_PREFIX = 'run-';

/** What is kept between benches. */
export function keptFolder(name: string): string {
  mkdirSync(BENCH_FOLDER, { recursive: true });
  return join(BENCH_FOLDER, name);
}

/** A folder of this run alone; those that killed benches have left are removed. */
export function runFolder(cleanUp: CleanUp): string {
  mkdirSync(BENCH_FOLDER, { recursive: true });
  for (const name of readdirSync(BENCH_FOLDER)) {
    const [, pid] = /^run-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(BENCH_FOLDER, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(BENCH_FOLDER, `${RUN_PREFIX}${process.pid}-`));
  cleanUp.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isAlive(pid: number): boolean {
  if (existsSync('/proc')) return existsSync(`/proc/${pid}`);
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
