/** A promotion announced to members by a server over a vendor, each in its own process: from the POST to the log. */
import { join } from 'node:path';
import type { Channel } from '../../src/core/channels.js';
import { figureOf, type Figure } from '../figure.js';
import { BenchApi, writeConfig } from './bench-api.js';
import { withCleanUp, type CleanUp } from './clean-up.js';
import { runFolder } from './bench-folder.js';
import { copyOfMembers } from './members-folder.js';
import { cpuSecondsOf, memoryMiBOf } from './process-figures.js';
import type { Rounds } from './rounds.js';
import { ServerProcess } from './server-process.js';
import { Vendor } from './vendor.js';

/** Generated members who have agreed to SMS and have a phone are 64 in 100. */
const SMS_SHARE = 0.64;
const CHANNEL: Channel = 'sms';
const WHO = 'consent.sms';

export interface VendorRunOptions {
  /** Members to tell, about. */
  readonly members: number;
  readonly latencyMs: number;
  /** Settings of the channel's provider over the vendor's port. */
  readonly provider: (port: number) => object;
  readonly say: (line: string) => void;
}

export interface VendorRun {
  readonly toldMembers: number;
  /** From the POST to the last line in the vendor's log. */
  readonly spanSeconds: number;
  /** From the POST to its answer. */
  readonly answeredMs: number;
  readonly meanInFlight: number;
  readonly maxInFlight: number;
  readonly requests: number;
  readonly serverCpuSeconds: number;
  readonly vendorCpuSeconds: number;
  readonly serverPeakMiB: number;
}

/** Generated members of whom about so many are told. */
export const populationFor = (members: number): number => Math.ceil(members / SMS_SHARE);

/** One such run with a folder and processes of its own. */
export const runOverVendor = (options: VendorRunOptions): Promise<VendorRun> =>
  withCleanUp((cleanUp) => measureOverVendor(options, cleanUp));

/** @throws Error when the vendor's log and the books do not agree. */
export async function measureOverVendor(
  { members, latencyMs, provider, say }: VendorRunOptions,
  cleanUp: CleanUp,
): Promise<VendorRun> {
  const dataFolder = await copyOfMembers({ members: populationFor(members), say }, cleanUp);
  const vendor = await Vendor.start({ latencyMs, logFile: join(runFolder(cleanUp), 'vendor.log') }, cleanUp);
  writeConfig(dataFolder, { [CHANNEL]: { provider: provider(vendor.port) } });
  const server = await ServerProcess.start(dataFolder, cleanUp);
  const api = new BenchApi(server.url, cleanUp);
  await api.createPromotion(); // the first request of a server is slower than all others
  const cpuBefore = { server: cpuSecondsOf(server.pid), vendor: cpuSecondsOf(vendor.pid) };
  const startedMs = performance.now();
  const { campaignId } = await api.createPromotion({ channels: [CHANNEL], where: WHO });
  const answeredMs = performance.now() - startedMs;
  const campaign = await api.untilEnded(campaignId, say);
  const spanSeconds = (performance.now() - startedMs) / 1_000;
  const counts = await vendor.counts();
  const run = {
    spanSeconds,
    answeredMs,
    meanInFlight: counts.requestMs / 1_000 / spanSeconds,
    maxInFlight: counts.maxInFlight,
    requests: counts.requests,
    serverCpuSeconds: cpuSecondsOf(server.pid) - cpuBefore.server,
    vendorCpuSeconds: cpuSecondsOf(vendor.pid) - cpuBefore.vendor,
    serverPeakMiB: memoryMiBOf(server.pid, 'VmHWM'),
  };
  const toldMembers = await vendor.toldMembers(CHANNEL, campaignId);
  const sent = campaign.channels[0]?.books.sent ?? 0;
  if (toldMembers === 0 || toldMembers !== sent)
    throw new Error(`The vendor told ${toldMembers}, the books say ${sent}.`);
  return { ...run, toldMembers };
}

/** Members that the vendor told, as its log says. */
export const toldFigure = ({ of }: Rounds<VendorRun>): Figure =>
  figureOf(
    'members told',
    'members',
    of(({ toldMembers }) => toldMembers),
  );

/** What the whole way takes of the machine. */
export const costFigures = ({ of }: Rounds<VendorRun>): readonly Figure[] => [
  figureOf(
    'CPU of the server',
    'µs/member',
    of((each) => (each.serverCpuSeconds * 1e6) / each.toldMembers),
  ),
  figureOf(
    'CPU of the vendor',
    'µs/member',
    of((each) => (each.vendorCpuSeconds * 1e6) / each.toldMembers),
  ),
  figureOf(
    'peak memory of the server',
    'MiB',
    of(({ serverPeakMiB }) => serverPeakMiB),
  ),
];
