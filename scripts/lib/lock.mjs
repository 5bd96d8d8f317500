import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from './failure.mjs';

const TOUCH_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 200;
const MAX_WAIT_MS = 15 * 60_000;

/**
 * Runs `work` while no other process holds the lock file; `onWait` is told once when another does. The holder touches
 * the file while it lives, so a lock whose process ended, or which nobody touched for a minute, is taken over.
 */
export async function withLock(file, onWait, work) {
  mkdirSync(dirname(file), { recursive: true });
  const startedMs = performance.now();
  for (let isFirst = true; !tryTake(file); isFirst = false) {
    if (isFirst) onWait();
    if (performance.now() - startedMs > MAX_WAIT_MS) {
      throw new Failure(`Another run has held ${file} for 15 minutes; end it, or delete the file if there is none.`);
    }
    await sleep(POLL_MS);
    breakStale(file);
  }
  const touch = setInterval(() => touchIfThere(file), TOUCH_MS);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.off('exit', release);
    release();
  }
}

// A machine that slept can have lost its lock: the work goes on, since installing and building may be repeated.
function touchIfThere(file) {
  if (ageMs(file) !== undefined) utimesSync(file, new Date(), new Date());
}

function tryTake(file) {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Failure(`Cannot write ${file} (${error.code}); make the folder writable and run the command again.`);
  }
}

// Only one waiter breaks a lock at a time, and it looks again once it may: else it could take a fresh lock away.
function breakStale(file) {
  if (!isStale(file)) return;
  const breaker = `${file}.break`;
  if (!tryTake(breaker)) {
    if (ageMs(breaker) > STALE_MS) rmSync(breaker, { force: true });
    return;
  }
  if (isStale(file)) {
    renameSync(file, `${file}.stale`);
    rmSync(`${file}.stale`, { force: true });
  }
  rmSync(breaker, { force: true });
}

function isStale(file) {
  const age = ageMs(file);
  if (age === undefined) return false;
  if (age > STALE_MS) return true;
  try {
    const { pid, host } = JSON.parse(readFileSync(file, 'utf8'));
    return host === hostname() && !isAlive(pid);
  } catch {
    return false; // being written, or gone
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function ageMs(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && Date.now() - stat.mtimeMs;
}
