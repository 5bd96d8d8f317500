/**
 * Exact counts of personas by filter, in process, slice by slice as a dry run does them. Baselines: the aims for 10 M,
 * 1.5 s on core columns and 10 s on tags and attributes, by the number of members.
 *
 * What it does not show: a store that does not fit the machine's memory.
 */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { parseFilterText } from '../src/membership/filter-text.js';
import { countMembers } from '../src/membership/scan-members.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp } from './support/clean-up.js';
import { copyOfMembers } from './support/members-folder.js';

export const count: Bench = { name: 'count', about: 'exact counts of personas by filter', run };

const AIM_MEMBERS = 10_000_000;
const CASES = [
  { name: 'core columns', where: 'level in (3, 4) and points >= 1000 and consent.sms', aimSeconds: 1.5 },
  { name: 'tags', where: "tag = 'vip' or not tag = 'app'", aimSeconds: 10 },
  { name: 'attributes', where: "attributes.city = '上海' and attributes.birthMonth <= 6", aimSeconds: 10 },
] as const;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', AIM_MEMBERS);
  const runs = numberOf('runs', 3);
  const seconds = CASES.map((): number[] => []);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await withCleanUp(async (cleanUp) => {
    const folder = await copyOfMembers({ members, say }, cleanUp);
    const store = new SqliteStore({ file: join(folder, 'fanfare.db'), clock: systemClock });
    cleanUp.add(() => store.close());
    delay.enable();
    for (let round = 1; round <= runs; round++) {
      for (const [index, { name, where }] of CASES.entries()) {
        const startedMs = performance.now();
        const matching = await countMembers({ store, clock: systemClock }, parseFilterText(where));
        const took = (performance.now() - startedMs) / 1_000;
        seconds[index]?.push(took);
        say(`run ${round} of ${runs}: ${name}, ${matching.toLocaleString('en')} in ${took.toFixed(2)} s`);
      }
    }
    delay.disable();
  });
  return [
    ...CASES.map(({ name, aimSeconds }, index) =>
      figureOf(`${name}, against the aim`, 's', seconds[index] ?? [], [(aimSeconds * members) / AIM_MEMBERS]),
    ),
    figureOf('delay of the event loop meanwhile, p99', 'ms', [delay.percentile(99) / 1e6]),
  ];
}
