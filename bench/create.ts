/**
 * How long a person waits for "created": POST of a promotion, one after another, on an idle server and while a campaign
 * goes out to all members (keyed vendor that takes everything at once, so that the engine is as busy as it can be).
 * Baseline: the aim, which is twice what this disk takes to sync a page (99 % of times, measured just before), plus 4 ms,
 * or 10 ms beside the campaign.
 *
 * What it does not show: many callers at once, who share commits and so gain in rate what each waits longer.
 */
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { timeDuring, timeIdle, type Call } from './support/calls.js';
import { withCleanUp } from './support/clean-up.js';
import type { Latencies } from './support/latencies.js';
import { noOpVendor, openServerWorld } from './support/server-world.js';
import { measureSyncs } from './support/sync-time.js';

export const create: Bench = {
  name: 'create',
  about: 'POST of a promotion, idle and while a campaign goes out, beside what a sync takes',
  run,
};

const ROUNDS = 500;
const IDLE_MS = 4;
const DURING_MS = 10;
const CREATE: Call = { name: 'create', run: (api) => api.createPromotion() };

interface Round {
  readonly syncs: Latencies;
  readonly idle: Latencies;
  readonly during: Latencies;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 10_000_000);
  const runs = numberOf('runs', 3);
  const calls = Math.min(ROUNDS, Math.ceil(members / 20));
  const rounds = await withCleanUp(async (cleanUp) => {
    const { api, dataFolder } = await openServerWorld({ members, say, channels: { sms: noOpVendor } }, cleanUp);
    const measured: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      const syncs = measureSyncs(dataFolder);
      const idle = await timeIdle(api, [CREATE], calls);
      const during = await timeDuring(api, [CREATE], { rounds: calls, announcement: { channels: ['sms'] } });
      measured.push({ syncs, idle: ofCreate(idle), during: ofCreate(during) });
    }
    return measured;
  });
  const of = (read: (round: Round) => number): number[] => rounds.map(read);
  const p99 = (latencies: Latencies): number => latencies.percentileMs(0.99);
  return [
    figureOf(
      'sync of a page, median',
      'ms',
      of(({ syncs }) => syncs.percentileMs(0.5)),
    ),
    figureOf(
      'sync of a page, 99 %',
      'ms',
      of(({ syncs }) => p99(syncs)),
    ),
    figureOf(
      'create, idle, median',
      'ms',
      of(({ idle }) => idle.percentileMs(0.5)),
    ),
    figureOf(
      'create, idle, 99 %, against the aim',
      'ms',
      of(({ idle }) => p99(idle)),
      of(({ syncs }) => 2 * p99(syncs) + IDLE_MS),
    ),
    figureOf(
      'create, campaign going out, median',
      'ms',
      of(({ during }) => during.percentileMs(0.5)),
    ),
    figureOf(
      'create, campaign going out, 99 %, against the aim',
      'ms',
      of(({ during }) => p99(during)),
      of(({ syncs }) => 2 * p99(syncs) + DURING_MS),
    ),
    figureOf(
      'creates timed beside the campaign',
      'calls',
      of(({ during }) => during.count),
    ),
  ];
}

function ofCreate(latencies: ReadonlyMap<string, Latencies>): Latencies {
  const found = latencies.get(CREATE.name);
  if (found === undefined) throw new Error('Nothing was timed.');
  return found;
}
