/**
 * From the POST that announces a promotion to the first request that reaches the vendor (another process, real HTTP):
 * to everybody, to a persona by core columns, by a tag, and by an attribute. The whole audience is frozen before the
 * first send, so this is the freeze, the first turn, the hand-over and the request. Each campaign is cancelled then.
 * Baseline: the aim (100 ms for everybody, 1.5 s for a persona on core columns, 12 s on tags and attributes, of 10 M).
 *
 * What it does not show: the very first campaign of a server, which also connects, and a launch by a person, who waits for a dry run before.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { smsVendorSettings } from '../src/demo/vendors/vendor-settings.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import type { BenchApi } from './support/bench-api.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { openServerWorld } from './support/server-world.js';
import { Vendor } from './support/vendor.js';

export const firstPush: Bench = {
  name: 'first-push',
  about: 'from the POST of a promotion to the first request at the vendor',
  run,
};

const CASES = [
  { name: 'everybody', where: undefined, aimMs: 100 },
  { name: 'two top levels', where: 'level in (4,5)', aimMs: 1_500 },
  { name: 'points and active days', where: 'points >= 1000 and activeDays >= 5', aimMs: 1_500 },
  { name: 'a tag', where: "tag = 'coupon-hunter'", aimMs: 12_000 },
  { name: 'an attribute', where: "attributes.city = '上海' and attributes.birthMonth <= 6", aimMs: 12_000 },
] as const;
const LOOK_MS = 20;
const GIVE_UP_MS = 120_000;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 10_000_000);
  const runs = numberOf('runs', 3);
  const spansMs = CASES.map((): number[] => []);
  await withCleanUp(async (cleanUp) => {
    const vendor = await Vendor.start({ latencyMs: 0, logFile: join(runFolder(cleanUp), 'vendor.log') }, cleanUp);
    const channels = { sms: { provider: smsVendorSettings(vendor.port) } };
    const { api } = await openServerWorld({ members, say, channels }, cleanUp);
    await firstPushMs({ api, vendor }, CASES[0].where); // connections are made, code is compiled
    for (let round = 1; round <= runs; round++) {
      for (const [index, { name, where }] of CASES.entries()) {
        say(`run ${round} of ${runs}: ${name}`);
        spansMs[index]?.push(await firstPushMs({ api, vendor }, where));
      }
    }
  });
  return CASES.map(({ name, aimMs }, index) =>
    figureOf(`${name} of ${members.toLocaleString('en')}, against the aim`, 'ms', spansMs[index] ?? [], [aimMs]),
  );
}

async function firstPushMs(
  { api, vendor }: { readonly api: BenchApi; readonly vendor: Vendor },
  where: string | undefined,
): Promise<number> {
  await vendor.forget();
  const startedAtMs = Date.now();
  const { campaignId } = await api.createPromotion({ channels: ['sms'], where });
  const giveUpMs = performance.now() + GIVE_UP_MS;
  let { firstRequestAtMs } = await vendor.counts();
  while (firstRequestAtMs === null) {
    if (performance.now() > giveUpMs) throw new Error('Nothing has reached the vendor in two minutes.');
    await sleep(LOOK_MS);
    ({ firstRequestAtMs } = await vendor.counts());
  }
  await api.cancel(campaignId);
  await api.untilEnded(campaignId);
  return firstRequestAtMs - startedAtMs;
}
