/**
 * From the first version that anybody writes to this one, a step at a time, each really run on this machine over the same
 * engine (SQLite, full sync) with a vendor that takes everything at once: what is left is the bookkeeping. docs/WHY.md
 * tells why each step was not the last. Baseline of each: the step before.
 *
 * What it does not show: the steps' other halves (what a crash does to each is in docs/WHY.md, and in the tests).
 */
import { join } from 'node:path';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { channelSeconds, noOpVendor, openServerWorld } from './support/server-world.js';
import { Vendor } from './support/vendor.js';
import {
  bucketBytes,
  bucketRows,
  groupedCommits,
  loopOverMembers,
  packedFlags,
  queueOfMembers,
} from './support/steps.js';

export const why: Bench = {
  name: 'why',
  about: 'from a loop over all members to packed books, each step run and timed',
  run,
};

/** Members of a step, as part of those of the quickest: slow steps are shown by fewer. */
const STEPS = [
  { name: '1 a loop: one request and one INSERT each', share: 0.0005, run: loopOverMembers },
  { name: '2 a message per member in a queue, with a key', share: 0.01, run: queueOfMembers },
  { name: '3 buckets of 1,000, a row per member', share: 0.1, run: bucketRows },
  { name: '4 a byte per member, a commit per bucket', share: 0.2, run: bucketBytes },
  { name: '5 commits of 32 buckets', share: 1, run: groupedCommits },
  { name: '6 flags packed by block', share: 1, run: packedFlags },
] as const;
const ENGINE = '7 this engine, whole';

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = Math.max(1_000, numberOf('members', 10_000_000));
  const runs = numberOf('runs', 3);
  const rates = new Map<string, number[]>([...STEPS.map(({ name }) => name), ENGINE].map((name) => [name, []]));
  for (let round = 1; round <= runs; round++) {
    for (const step of STEPS) {
      const count = Math.max(1_000, Math.ceil((members * step.share) / 1_000) * 1_000);
      say(`run ${round} of ${runs}: ${step.name}, ${count.toLocaleString('en')} members`);
      rates.get(step.name)?.push(
        await withCleanUp(async (cleanUp) => {
          const folder = runFolder(cleanUp);
          const vendor = await Vendor.start({ latencyMs: 0, logFile: join(folder, 'vendor.log') }, cleanUp);
          return count / (await step.run({ folder, members: count, vendorPort: vendor.port }));
        }),
      );
    }
    say(`run ${round} of ${runs}: ${ENGINE}`);
    rates.get(ENGINE)?.push(await wholeEngine(members, say));
  }
  const names = [...rates.keys()];
  return names.map((name, index) => {
    const before = names[index - 1];
    return figureOf(
      name,
      'members/s',
      rates.get(name) ?? [],
      before === undefined ? null : (rates.get(before) ?? null),
    );
  });
}

/** A campaign to everybody as a server runs it: API, planner, several turns at once, events, the books by outcome. */
function wholeEngine(members: number, say: (line: string) => void): Promise<number> {
  return withCleanUp(async (cleanUp) => {
    const { api } = await openServerWorld({ members, say, channels: { sms: noOpVendor } }, cleanUp);
    const { campaignId } = await api.createPromotion({ channels: ['sms'] });
    const campaign = await api.untilEnded(campaignId, say);
    return members / channelSeconds(campaign);
  });
}
