/**
 * A campaign to all members is half sent when its server is killed (-9). From the start of the next process to the first
 * request that reaches a vendor, with the folder as the kill left it: log, leases and rows in flight. Until half, the
 * vendor is one inside the server; the next server has one in another process, over HTTP.
 * Baseline: the aim of 10 s.
 *
 * What it does not show: a machine that was off, whose files are read from the disk again.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { smsVendorSettings } from '../src/demo/vendors/vendor-settings.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { doneMembers, writeConfig } from './support/bench-api.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { noOpVendor, openServerWorld } from './support/server-world.js';
import { ServerProcess } from './support/server-process.js';
import { Vendor } from './support/vendor.js';

export const restart: Bench = {
  name: 'restart',
  about: 'a campaign half sent, kill -9, time to the first send of the next process',
  run,
};

const AIM_MS = 10_000;
const LOOK_MS = 10;
const GIVE_UP_MS = 120_000;
/** Of the whole campaign, so that half of it can be seen whatever its size. */
const CAMPAIGN_SECONDS = 2;

interface Round {
  readonly readyMs: number;
  readonly firstSendMs: number;
  readonly doneShare: number;
  readonly logMiB: number;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 10_000_000);
  const runs = numberOf('runs', 3);
  const rounds: Round[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}`);
    rounds.push(await killed(members, say));
  }
  const of = (read: (round: Round) => number): number[] => rounds.map(read);
  return [
    figureOf(
      'start of the process to the first send, against the aim',
      'ms',
      of(({ firstSendMs }) => firstSendMs),
      [AIM_MS],
    ),
    figureOf(
      'start of the process to its first answer',
      'ms',
      of(({ readyMs }) => readyMs),
    ),
    figureOf(
      'done when it was killed',
      '%',
      of(({ doneShare }) => doneShare * 100),
    ),
    figureOf(
      'write-ahead log left by the kill',
      'MiB',
      of(({ logMiB }) => logMiB),
    ),
  ];
}

function killed(members: number, say: (line: string) => void): Promise<Round> {
  return withCleanUp(async (cleanUp) => {
    const pace = { membersPerSecond: Math.max(1, members / CAMPAIGN_SECONDS) };
    const channels = { sms: { ...noOpVendor, pace } };
    const { api, server, dataFolder } = await openServerWorld({ members, say, channels }, cleanUp);
    const { campaignId } = await api.createPromotion({ channels: ['sms'] });
    const half = await api.until(campaignId, (campaign) => doneMembers(campaign) >= members / 2, { everyMs: LOOK_MS });
    await server.kill();
    const log = join(dataFolder, 'fanfare.db-wal');
    const logMiB = existsSync(log) ? statSync(log).size / 2 ** 20 : 0;

    const vendor = await Vendor.start({ latencyMs: 0, logFile: join(runFolder(cleanUp), 'vendor.log') }, cleanUp);
    writeConfig(dataFolder, { sms: { provider: smsVendorSettings(vendor.port) } });
    const startedAtMs = Date.now();
    const next = await ServerProcess.start(dataFolder, cleanUp);
    const firstSendMs = (await firstRequestAt(vendor)) - startedAtMs;
    await next.kill(); // the rest of the campaign is not what is measured
    return { readyMs: next.readyMs, firstSendMs, doneShare: doneMembers(half) / members, logMiB };
  });
}

async function firstRequestAt(vendor: Vendor): Promise<number> {
  const giveUpMs = performance.now() + GIVE_UP_MS;
  while (performance.now() < giveUpMs) {
    const { firstRequestAtMs } = await vendor.counts();
    if (firstRequestAtMs !== null) return firstRequestAtMs;
    await sleep(LOOK_MS);
  }
  throw new Error('Nothing has reached the vendor two minutes after the restart.');
}
