/**
 * The whole way of a promotion: from the POST that announces it to the last line in the vendor's log. The vendor is
 * asked about one member at a time and takes 200 ms for each. Server, vendor and this bench are processes of their own;
 * rendering, HTTP, marks in flight, outcomes and full sync are in it, and in the end the books and the log agree.
 *
 * Beside it stands the arithmetic of the classic design for the same job, not measured here: 5 machines that push, 30
 * threads each, 200 ms a request: 5 × 30 / 0.2 s = 750 members a second; 27 minutes were reported for it on 12 machines.
 *
 * What it does not show: a vendor far away, and TLS. Connections are what a shop sets; a vendor may allow fewer, and then
 * the rate is connections / latency, whatever sends.
 */
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { inRounds } from './support/rounds.js';
import { singleVendorSettings } from './support/vendor.js';
import { costFigures, measureOverVendor, toldFigure, type VendorRun } from './support/vendor-run.js';

export const fullLink: Bench = {
  name: 'full-link',
  about: "from the POST of a promotion to the last line in the vendor's log, one request per member, 200 ms each",
  run,
};

const LATENCY_MS = 200;
/** Beyond about a thousand, requests in flight queue in the machine and are no quicker (measured). */
const CONNECTIONS = 1_000;
const CLASSIC = { machines: 5, threads: 30 };
const CLASSIC_PER_SECOND = (CLASSIC.machines * CLASSIC.threads * 1_000) / LATENCY_MS;

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const members = options.numberOf('members', 1_500_000);
  const provider = (port: number): object => singleVendorSettings(port, CONNECTIONS);
  const rounds = await inRounds(options, {
    otherwise: 1,
    measure: (cleanUp) => measureOverVendor({ members, latencyMs: LATENCY_MS, provider, say: options.say }, cleanUp),
  });
  const { of } = rounds;
  const perSecond = (run: VendorRun): number => run.toldMembers / run.spanSeconds;
  return [
    toldFigure(rounds),
    figureOf(
      'whole way, against 5 machines × 30 threads',
      'min',
      of(({ spanSeconds }) => spanSeconds / 60),
      of(({ toldMembers }) => toldMembers / CLASSIC_PER_SECOND / 60),
    ),
    figureOf('rate, against 5 machines × 30 threads', 'members/s', of(perSecond), [CLASSIC_PER_SECOND]),
    figureOf(
      'the same for 10 M',
      'min',
      of((each) => 10_000_000 / perSecond(each) / 60),
    ),
    figureOf(
      'requests in flight, mean, against connections',
      'requests',
      of(({ meanInFlight }) => meanInFlight),
      [CONNECTIONS],
    ),
    figureOf(
      'answer to the POST',
      'ms',
      of(({ answeredMs }) => answeredMs),
    ),
    ...costFigures(rounds),
  ];
}
