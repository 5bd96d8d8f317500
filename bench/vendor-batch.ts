/**
 * The whole way of a promotion to a vendor that takes batches of up to 1,000, remembers a key per member and needs
 * 200 ms for each: from the POST to the last line in the vendor's log. Requests in flight follow from the window of
 * 32,000 members. Baseline: the latency alone, were all requests of a window sent at once and nothing took time.
 *
 * What it does not show: a vendor far away, TLS, and a vendor's own limit on requests.
 */
import { smsVendorSettings } from '../src/demo/vendors/vendor-settings.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { inRounds } from './support/rounds.js';
import { costFigures, measureOverVendor, toldFigure } from './support/vendor-run.js';

export const vendorBatch: Bench = {
  name: 'vendor-batch',
  about: 'the whole way to a vendor with batches of up to 1,000 and 200 ms latency, keyed',
  run,
};

const LATENCY_MS = 200;
const WINDOW_MEMBERS = 32_000;

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const run = {
    members: options.numberOf('members', 1_500_000),
    latencyMs: LATENCY_MS,
    provider: smsVendorSettings,
    say: options.say,
  };
  const rounds = await inRounds(options, { otherwise: 1, measure: (cleanUp) => measureOverVendor(run, cleanUp) });
  const { of } = rounds;
  return [
    toldFigure(rounds),
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
    ...costFigures(rounds),
  ];
}
