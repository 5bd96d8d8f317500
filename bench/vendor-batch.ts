/**
 * The whole way of a promotion to a vendor that takes batches of up to 1,000, remembers a key per member and needs
 * 200 ms for each: from the POST to the last line in the vendor's log. Requests in flight follow from the window of
 * 32,000 members. Baseline: the latency alone, were all requests of a window sent at once and nothing took time.
 *
 * What it does not show: a vendor far away, TLS, and a vendor's own limit on requests.
 */
import { smsVendorSettings } from '../src/demo/vendors/vendor-settings.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runOverVendor, type VendorRun } from './support/vendor-run.js';

export const vendorBatch: Bench = {
  name: 'vendor-batch',
  about: 'the whole way to a vendor with batches of up to 1,000 and 200 ms latency, keyed',
  run,
};

const LATENCY_MS = 200;
const WINDOW_MEMBERS = 32_000;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 1_500_000);
  const runs: VendorRun[] = [];
  for (let round = 1; round <= numberOf('runs', 1); round++) {
    say(`run ${round}`);
    runs.push(await runOverVendor({ members, latencyMs: LATENCY_MS, provider: smsVendorSettings, say }));
  }
  const of = (read: (run: VendorRun) => number): number[] => runs.map(read);
  return [
    figureOf(
      'members told',
      'members',
      of(({ toldMembers }) => toldMembers),
    ),
    figureOf(
      'whole way, against the latency alone',
      's',
      of(({ spanSeconds }) => spanSeconds),
      of(({ toldMembers }) => (toldMembers / WINDOW_MEMBERS) * (LATENCY_MS / 1_000)),
    ),
    figureOf(
      'rate',
      'members/s',
      of((each) => each.toldMembers / each.spanSeconds),
    ),
    figureOf(
      'members per request',
      'members',
      of((each) => each.toldMembers / each.requests),
    ),
    figureOf(
      'requests in flight, mean, against the window',
      'requests',
      of(({ meanInFlight }) => meanInFlight),
      [WINDOW_MEMBERS / 1_000],
    ),
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
}
