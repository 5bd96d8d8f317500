/**
 * The same job by a queue that people would reach for: 100,000 members, one HTTP request each to a vendor that answers at
 * once. BullMQ on Redis: a job per member with a job id of campaign and member, which is what keeps a second one out;
 * added in bulk, worked off meanwhile by workers in processes of their own. Their number and concurrency are those that
 * were quickest in a trial before. Side by side, alternating.
 *
 * What BullMQ does not do here and Fanfare does: read and render members, decide by consent, answer who got what, keep
 * outcomes through a power cut (Redis as it was found; its settings are printed). What it does and Fanfare does not: any
 * job, in any order, on many machines.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { workerFile } from '../src/core/worker-file.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp, type CleanUp } from './support/clean-up.js';
import { cpuSecondsOf } from './support/process-figures.js';
import { connectRedis, REDIS } from './support/redis.js';
import { singleVendorSettings, Vendor } from './support/vendor.js';
import { runOverVendor } from './support/vendor-run.js';

export const peers: Bench = {
  name: 'peers',
  about: 'one request per member, beside BullMQ on Redis with a job per member',
  run,
};

/** What the vendor is told of a member. */
export interface PeerJob {
  readonly key: string;
  readonly to: string;
  readonly text: string;
}

interface Workers {
  readonly processes: number;
  readonly concurrency: number;
}

interface Leg {
  readonly perSecond: number;
  readonly cpuMicros: number;
  /** In the store of jobs, for each. */
  readonly bytes: number;
}

const TRIALS: readonly Workers[] = [
  { processes: 1, concurrency: 50 },
  { processes: 1, concurrency: 200 },
  { processes: 2, concurrency: 50 },
  { processes: 2, concurrency: 200 },
];
const TRIAL_SHARE = 0.1;
const JOBS_PER_ADD = 1_000;
const CONNECTIONS = 100;
/** As rarely as the other side's client looks. */
const LOOK_MS = 50;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 100_000);
  const runs = numberOf('runs', 3);
  const redis = await connectRedis();
  if (redis === undefined) {
    say(`Skipped: no Redis answers at ${REDIS.host}:${REDIS.port}, and the queue to compare with needs one.`);
    return [];
  }
  try {
    say(`Redis ${await settingOf(redis, 'redis_version')}, appendonly ${await configOf(redis, 'appendonly')}`);
    const workers = await quickest(redis, Math.ceil(members * TRIAL_SHARE), say);
    const theirs: Leg[] = [];
    const ours: Leg[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      theirs.push(await bullmq(redis, workers, members));
      ours.push(await fanfare(members, say));
    }
    return [
      figureOf('Fanfare, against BullMQ', 'members/s', ours.map(perSecond), theirs.map(perSecond)),
      figureOf('CPU of Fanfare, against BullMQ with Redis', 'µs/member', ours.map(cpu), theirs.map(cpu)),
      figureOf(
        'memory of Redis at the end',
        'bytes/member',
        theirs.map(({ bytes }) => bytes),
      ),
    ];
  } finally {
    redis.disconnect();
  }
}

const perSecond = (leg: Leg): number => leg.perSecond;
const cpu = (leg: Leg): number => leg.cpuMicros;

async function quickest(redis: Redis, members: number, say: (line: string) => void): Promise<Workers> {
  let best = { workers: TRIALS[0] ?? { processes: 1, concurrency: 50 }, perSecond: 0 };
  for (const workers of TRIALS) {
    const trial = await bullmq(redis, workers, members);
    say(`trial: ${workers.processes} × ${workers.concurrency}: ${Math.round(trial.perSecond)} members/s`);
    if (trial.perSecond > best.perSecond) best = { workers, perSecond: trial.perSecond };
  }
  return best.workers;
}

function bullmq(redis: Redis, { processes, concurrency }: Workers, members: number): Promise<Leg> {
  return withCleanUp(async (cleanUp) => {
    const vendor = await Vendor.start({ latencyMs: 0, logFile: join(runFolder(cleanUp), 'vendor.log') }, cleanUp);
    const name = `fanfare-bench-${process.pid}-${Date.now()}`;
    const queue = new Queue<PeerJob>(name, { connection: REDIS });
    cleanUp.add(async () => {
      await queue.obliterate({ force: true });
      await queue.close();
    });
    const workers = await startWorkers({ name, processes, concurrency, vendorPort: vendor.port }, cleanUp);
    const redisPid = Number(await settingOf(redis, 'process_id'));
    const bytesBefore = Number(await settingOf(redis, 'used_memory'));
    const pids = [redisPid, process.pid, ...workers]; // this process adds the jobs
    const cpuNow = (): number => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    const cpuBefore = cpuNow();
    const startedMs = performance.now();
    for (let from = 0; from < members; from += JOBS_PER_ADD) {
      await queue.addBulk(Array.from({ length: Math.min(JOBS_PER_ADD, members - from) }, (_, at) => jobOf(from + at)));
    }
    while ((await vendor.counts()).messages < members) await sleep(LOOK_MS);
    const spanMs = performance.now() - startedMs;
    const cpuSeconds = cpuNow() - cpuBefore;
    const bytes = (Number(await settingOf(redis, 'used_memory')) - bytesBefore) / members;
    return { perSecond: (members / spanMs) * 1_000, cpuMicros: (cpuSeconds * 1e6) / members, bytes };
  });
}

function jobOf(number: number): { name: string; data: PeerJob; opts: { jobId: string; attempts: number } } {
  const to = `+1555${String(number).padStart(7, '0')}`;
  const key = `campaign-1-${number}`;
  return { name: 'push', data: { key, to, text: 'Bench 1 is on.' }, opts: { jobId: key, attempts: 5 } };
}

/** Answers their process ids once they wait for work. */
async function startWorkers(
  { name, vendorPort, processes, concurrency }: Workers & { readonly name: string; readonly vendorPort: number },
  cleanUp: CleanUp,
): Promise<readonly number[]> {
  const program = fileURLToPath(workerFile(import.meta.url, './support/bullmq-worker.js'));
  const pids: number[] = [];
  for (let count = 0; count < processes; count++) {
    const child = spawn(process.execPath, [program, name, String(concurrency), String(vendorPort)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    cleanUp.add(() => endWorker(child));
    await once(createInterface({ input: child.stdout }), 'line');
    pids.push(child.pid ?? 0);
  }
  return pids;
}

async function endWorker(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  const hurry = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(hurry);
}

async function fanfare(members: number, say: (line: string) => void): Promise<Leg> {
  const provider = (port: number): object => singleVendorSettings(port, CONNECTIONS);
  const leg = await runOverVendor({ members, latencyMs: 0, provider, say });
  return {
    perSecond: leg.toldMembers / leg.spanSeconds,
    cpuMicros: (leg.serverCpuSeconds * 1e6) / leg.toldMembers,
    bytes: 0,
  };
}

async function settingOf(redis: Redis, name: string): Promise<string> {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(await redis.info())?.[1]?.trim() ?? 'unknown';
}

async function configOf(redis: Redis, name: string): Promise<string> {
  const [, value] = (await redis.config('GET', name)) as readonly string[]; // name and value
  return value ?? 'unknown';
}
