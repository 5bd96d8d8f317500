/**
 * Resident memory of the server (all its threads) through a whole campaign to all members: once with a keyed vendor that
 * takes everything at once, once with a vendor in another process over HTTP that dies in the middle, resets whatever
 * reaches it for a while, and comes back. Peaks are the kernel's own. Baselines: the aims, 250 MiB and 512 MB.
 * While the vendor is dead, the latency of a read shows that nobody else notices.
 *
 * What it does not show: hours; a slope needs a soak.
 */
import { join } from 'node:path';
import { smsVendorSettings } from '../src/demo/vendors/vendor-settings.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { doneMembers } from './support/bench-api.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { Latencies } from './support/latencies.js';
import { memoryMiBOf } from './support/process-figures.js';
import { noOpVendor, openServerWorld } from './support/server-world.js';
import { Vendor } from './support/vendor.js';

export const memory: Bench = {
  name: 'memory',
  about: 'resident memory of the server through a whole campaign, also with a vendor that dies for a while',
  takes: ['members', 'runs', 'seconds'],
  run,
};

const NO_OP_AIM_MIB = 250;
const DEAD_AIM_MIB = 512e6 / 2 ** 20;
const READ_AIM_MS = 200;
/** Part of the campaign after which the vendor dies. */
const DIES_AFTER = 0.1;

interface NoOpRun {
  readonly idleMiB: number;
  readonly peakMiB: number;
}
interface DeadRun {
  readonly peakMiB: number;
  readonly endMiB: number;
  readonly reads: Latencies;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 10_000_000);
  const deadSeconds = numberOf('seconds', 20);
  const runs = numberOf('runs', 1);
  const noOp: NoOpRun[] = [];
  const dead: DeadRun[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}: a vendor that takes everything`);
    noOp.push(await noOpRun(members, say));
    say(`run ${round} of ${runs}: a vendor that dies for ${deadSeconds} s`);
    dead.push(await deadRun({ members, deadSeconds, say }));
  }
  return [
    figureOf(
      'server that has just started',
      'MiB',
      noOp.map(({ idleMiB }) => idleMiB),
    ),
    figureOf(
      'peak, vendor that takes everything, against the aim',
      'MiB',
      noOp.map(({ peakMiB }) => peakMiB),
      [NO_OP_AIM_MIB],
    ),
    figureOf(
      'peak, vendor dead for a while, against the aim',
      'MiB',
      dead.map(({ peakMiB }) => peakMiB),
      [DEAD_AIM_MIB],
    ),
    figureOf(
      'after that campaign',
      'MiB',
      dead.map(({ endMiB }) => endMiB),
    ),
    figureOf(
      'reads while the vendor is dead, 99 %, against the aim',
      'ms',
      dead.map(({ reads }) => reads.percentileMs(0.99)),
      [READ_AIM_MS],
    ),
  ];
}

function noOpRun(members: number, say: (line: string) => void): Promise<NoOpRun> {
  return withCleanUp(async (cleanUp) => {
    const { api, server } = await openServerWorld({ members, say, channels: { sms: noOpVendor } }, cleanUp);
    const idleMiB = memoryMiBOf(server.pid, 'VmRSS');
    const { campaignId } = await api.createPromotion({ channels: ['sms'] });
    await api.untilEnded(campaignId, say);
    return { idleMiB, peakMiB: memoryMiBOf(server.pid, 'VmHWM') };
  });
}

function deadRun({
  members,
  deadSeconds,
  say,
}: {
  readonly members: number;
  readonly deadSeconds: number;
  readonly say: (line: string) => void;
}): Promise<DeadRun> {
  return withCleanUp(async (cleanUp) => {
    const vendor = await Vendor.start({ latencyMs: 0, logFile: join(runFolder(cleanUp), 'vendor.log') }, cleanUp);
    const retry = { firstDelayMs: 500, maxDelayMs: 2_000 };
    const channels = { sms: { provider: smsVendorSettings(vendor.port), retry } };
    const { api, server } = await openServerWorld({ members, say, channels }, cleanUp);
    const { campaignId } = await api.createPromotion({ channels: ['sms'] });
    await api.until(campaignId, (campaign) => doneMembers(campaign) >= members * DIES_AFTER, { say });
    await vendor.away();
    const reads = new Latencies();
    const backMs = performance.now() + deadSeconds * 1_000;
    while (performance.now() < backMs) await reads.time(() => api.campaign(campaignId));
    await vendor.back();
    await api.untilEnded(campaignId, say);
    const peakMiB = memoryMiBOf(server.pid, 'VmHWM');
    const endMiB = memoryMiBOf(server.pid, 'VmRSS');
    await vendor.toldMembers('sms', campaignId);
    return { peakMiB, endMiB, reads };
  });
}
