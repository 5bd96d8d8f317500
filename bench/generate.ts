/**
 * Made-up members by a real server, as `fanfare members generate N --seed S` has it done: how long it takes, what the
 * folder holds then, and the server's memory. Baseline: the aim, 10 M in 120 s.
 *
 * What it does not show: members of other shapes. Addresses are entered into their index in the background, partly after
 * the end.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { BenchApi } from './support/bench-api.js';
import { runFolder } from './support/bench-folder.js';
import type { CleanUp } from './support/clean-up.js';
import { cpuSecondsOf, memoryMiBOf } from './support/process-figures.js';
import { inRounds } from './support/rounds.js';
import { ServerProcess } from './support/server-process.js';

export const generate: Bench = {
  name: 'generate',
  about: 'members made up by a server: time, size of the folder, memory',
  run,
};

const SEED = 7;
const AIM_MEMBERS = 10_000_000;
const AIM_SECONDS = 120;
const MEMORY_AIM_MIB = 300;
const LOOK_EVERY_MS = 100;
const SAY_EVERY_MS = 10_000;

interface Round {
  readonly seconds: number;
  readonly cpuMicros: number;
  readonly folderMiB: number;
  readonly peakMiB: number;
}

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const members = options.numberOf('members', AIM_MEMBERS);
  const { of } = await inRounds(options, {
    otherwise: 1,
    measure: (cleanUp) => measure(members, options.say, cleanUp),
  });
  return [
    figureOf(
      'generating, against the aim',
      's',
      of(({ seconds }) => seconds),
      [(AIM_SECONDS * members) / AIM_MEMBERS],
    ),
    figureOf(
      'rate',
      'members/s',
      of(({ seconds }) => members / seconds),
    ),
    figureOf(
      'CPU of the server',
      'µs/member',
      of(({ cpuMicros }) => cpuMicros),
    ),
    figureOf(
      'folder after a stop',
      'MiB',
      of(({ folderMiB }) => folderMiB),
    ),
    figureOf(
      'folder, per member',
      'bytes',
      of(({ folderMiB }) => (folderMiB * 2 ** 20) / members),
    ),
    figureOf(
      'peak memory of the server',
      'MiB',
      of(({ peakMiB }) => peakMiB),
      [MEMORY_AIM_MIB],
    ),
  ];
}

const jobSchema = z.object({ id: z.int(), state: z.string(), created: z.int() });

async function measure(members: number, say: BenchOptions['say'], cleanUp: CleanUp): Promise<Round> {
  const dataFolder = join(runFolder(cleanUp), 'data');
  const server = await ServerProcess.start(dataFolder, cleanUp);
  const api = new BenchApi(server.url, cleanUp);
  const cpuSeconds = cpuSecondsOf(server.pid);
  const startedMs = performance.now();
  let job = jobSchema.parse(await api.call('POST', '/v1/members/generate', { count: members, seed: SEED }));
  let saidAtMs = startedMs;
  while (job.state === 'running') {
    await sleep(LOOK_EVERY_MS);
    job = jobSchema.parse(await api.call('GET', `/v1/members/imports/${job.id}`));
    if (performance.now() - saidAtMs < SAY_EVERY_MS) continue;
    saidAtMs = performance.now();
    say(`${job.created.toLocaleString('en')} of ${members.toLocaleString('en')}`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  if (job.state !== 'done' || job.created !== members) throw new Error(`The job ended ${job.state}: ${job.created}.`);
  const cpuMicros = ((cpuSecondsOf(server.pid) - cpuSeconds) * 1e6) / members;
  const peakMiB = memoryMiBOf(server.pid, 'VmHWM');
  await server.stop();
  return { seconds, cpuMicros, folderMiB: sizeBytesOf(dataFolder) / 2 ** 20, peakMiB };
}

const sizeBytesOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
