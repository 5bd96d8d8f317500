/**
 * Members from files, uploaded to a real server over HTTP: a first load into an empty folder, the same file again, and
 * the personas that a data team renews every night. Meanwhile the server is asked for its health 50 times a second.
 * Beside the first load, in the same run: bare inserts of the same rows into the same tables, which is the store's floor.
 *
 * What it does not show: a file whose members come in no order over more than a run of 40,000 rows costs more per page
 * the larger the store is. Here they come in the order of their ids.
 */
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { bareInsertSeconds } from './support/bare-inserts.js';
import { runFolder } from './support/bench-folder.js';
import type { CleanUp } from './support/clean-up.js';
import { Latencies } from './support/latencies.js';
import { writeFullFile, writeNightlyFile } from './support/member-files.js';
import { cpuSecondsOf, memoryMiBOf } from './support/process-figures.js';
import { inRounds } from './support/rounds.js';
import { ServerProcess } from './support/server-process.js';

export const importBench: Bench = {
  name: 'import',
  about: 'members from files uploaded to a server: first load, the same again, nightly personas; its memory',
  run,
};

const SEED = 7;
const FIRST_LOAD_AIM = 100_000;
const UPSERT_AIM = 25_000;
const MEMORY_AIM_MIB = 300;
const LOOP_AIM_MS = 20;
const LOOK_EVERY_MS = 20;

interface Load {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

interface Round {
  readonly floorPerSecond: number;
  readonly first: Load;
  readonly again: Load;
  readonly nightly: Load;
  readonly healthMs: number;
  readonly peakMiB: number;
}

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const members = Math.ceil(options.numberOf('members', 2_000_000) / 1_000) * 1_000;
  const { of } = await inRounds(options, {
    otherwise: 1,
    measure: (cleanUp) => measure(members, options.say, cleanUp),
  });
  const first = of((each) => each.first.perSecond);
  return [
    figureOf('first load, against the aim', 'rows/s', first, [FIRST_LOAD_AIM]),
    figureOf(
      'first load, against bare inserts',
      'rows/s',
      first,
      of((each) => each.floorPerSecond),
    ),
    figureOf(
      'the same file again, against the aim',
      'rows/s',
      of((each) => each.again.perSecond),
      [UPSERT_AIM],
    ),
    figureOf(
      'nightly personas, against the aim',
      'rows/s',
      of((each) => each.nightly.perSecond),
      [UPSERT_AIM],
    ),
    figureOf(
      'CPU of the server, first load',
      'µs/row',
      of((each) => each.first.cpuMicros),
    ),
    figureOf(
      'CPU of the server, nightly personas',
      'µs/row',
      of((each) => each.nightly.cpuMicros),
    ),
    figureOf(
      'another request meanwhile, p99',
      'ms',
      of((each) => each.healthMs),
      [LOOP_AIM_MS],
    ),
    figureOf(
      'peak memory of the server',
      'MiB',
      of((each) => each.peakMiB),
      [MEMORY_AIM_MIB],
    ),
  ];
}

async function measure(members: number, say: BenchOptions['say'], cleanUp: CleanUp): Promise<Round> {
  const folder = runFolder(cleanUp);
  const [full, nightly] = [join(folder, 'members.csv'), join(folder, 'nightly.csv')];
  await writeFullFile({ path: full, members, seed: SEED });
  await writeNightlyFile({ path: nightly, members, seed: SEED });
  const floorSeconds = await bareInsertSeconds({ folder: join(folder, 'floor'), members, seed: SEED });
  say(`bare inserts: ${Math.round(members / floorSeconds).toLocaleString('en')} rows/s`);

  const server = await ServerProcess.start(join(folder, 'data'), cleanUp);
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  cleanUp.add(() => agent.destroy());
  const health = watchHealth(server.url, agent);
  const load = async (name: string, path: string): Promise<Load> => {
    const cpuSeconds = cpuSecondsOf(server.pid);
    const startedMs = performance.now();
    await upload(server.url, path, { agent, members });
    const seconds = (performance.now() - startedMs) / 1_000;
    const perSecond = members / seconds;
    say(`${name}: ${Math.round(perSecond).toLocaleString('en')} rows/s`);
    return { perSecond, cpuMicros: ((cpuSecondsOf(server.pid) - cpuSeconds) * 1e6) / members };
  };
  const loads = {
    first: await load('first load', full),
    again: await load('the same file again', full),
    nightly: await load('nightly personas', nightly),
  };
  const latencies = await health.stop();
  return {
    floorPerSecond: members / floorSeconds,
    ...loads,
    healthMs: latencies.percentileMs(0.99),
    peakMiB: memoryMiBOf(server.pid, 'VmHWM'),
  };
}

const jobSchema = z.object({ created: z.int(), updated: z.int(), unchanged: z.int(), rejected: z.int() });

/** @throws Error when a row is missing from the answer or was refused. */
async function upload(
  url: string,
  path: string,
  { agent, members }: { readonly agent: Agent; readonly members: number },
): Promise<void> {
  const response = await request(`${url}/v1/members/imports`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', 'content-length': String(statSync(path).size) },
    body: createReadStream(path, { highWaterMark: 262_144 }),
    dispatcher: agent,
  });
  const text = await response.body.text();
  if (response.statusCode !== 200) throw new Error(`The upload was answered ${response.statusCode}: ${text}`);
  const { created, updated, unchanged, rejected } = jobSchema.parse(JSON.parse(text));
  if (created + updated + unchanged !== members || rejected > 0) throw new Error(`Of ${members} rows: ${text}`);
}

/** Asks over and over how the server is, as a person's request beside the load. */
function watchHealth(url: string, agent: Agent): { readonly stop: () => Promise<Latencies> } {
  const latencies = new Latencies();
  const stopping = new AbortController();
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const response = await latencies.time(() => request(`${url}/healthz`, { dispatcher: agent }));
      await response.body.dump();
      await sleep(LOOK_EVERY_MS);
    }
  };
  const working = work();
  return {
    stop: async () => {
      stopping.abort();
      await working;
      return latencies;
    },
  };
}
