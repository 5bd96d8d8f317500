/**
 * A vendor over HTTP that does everything that vendors do, against a channel of each delivery mode. The judge is the
 * vendor's own log: what it explains is what the books must say, member by member. HTTP/2 and its GOAWAY do not apply:
 * vendors are spoken to in HTTP/1.1, where a server that goes away closes or resets.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tooEarly } from '../support/moody-vendor/expected-outcome.js';
import type { VendorFault } from '../support/moody-vendor/vendor-script.js';
import { reportFigures, size } from '../support/proof.js';
import { HTTP_CHANNELS, httpConfig } from './http-scene.js';
import { judge, Scene } from './scene.js';

const MEMBERS = size(120, 600);
/** The circuit asks a failing vendor once in 7.5 s: more of these would take minutes each. */
const STORM = size(6, 16);
/** As many as there are connections: each of these costs its time-out. */
const SLOW_STORM = size(4, 8);
const DEADLINE_MS = size(120_000, 180_000);
/**
 * For a request that was on its way when another connection was told to wait; where the machine kept the server from
 * reading that, for as long as it kept it from answering the API.
 */
const GRACE_MS = 500;

type Case = readonly [what: string, fault: VendorFault, storm: number | null];
const when = (what: string, fault: VendorFault, storm: number | null = STORM): Case => [what, fault, storm];

const FAULTS: readonly Case[] = [
  when('does nothing wrong', { kind: 'accept' }),
  when('throttles, Retry-After in seconds', { kind: 'throttle', retryAfterMs: 1_000, as: 'seconds' }),
  when('throttles, Retry-After as a date', { kind: 'throttle', retryAfterMs: 1_000, as: 'date' }),
  when('is away: 503 with Retry-After', { kind: 'status', status: 503, delivers: false, retryAfterMs: 1_000 }),
  when('fails with 500 before it takes anything', { kind: 'status', status: 500, delivers: false }),
  when('takes everything and answers 502', { kind: 'status', status: 502, delivers: true }),
  when('resets connections before', { kind: 'reset', delivers: false }),
  when('resets connections after', { kind: 'reset', delivers: true }),
  when('hangs', { kind: 'hang', delivers: true }, SLOW_STORM),
  when('answers by half', { kind: 'half', delivers: true }),
  when('answers nonsense', { kind: 'nonsense', delivers: true }),
  when('answers a byte at a time', { kind: 'drip', everyMs: 0 }),
  when('never gets done with its answer', { kind: 'drip', everyMs: 100 }, SLOW_STORM),
  // The last one: refused addresses are gone afterwards.
  when('refuses some addresses', { kind: 'refuseSome' }, null),
];

describe('a vendor over HTTP', () => {
  let scene: Scene;
  const figures = { faults: 0, members: 0, doubled: 0, unknown: 0 };

  beforeAll(async () => {
    scene = await Scene.open({ members: MEMBERS, configOf: ({ httpPort }) => httpConfig(httpPort) });
  });
  afterAll(async () => {
    await scene.remove();
  });

  it.each(FAULTS)(
    'that %s: the books are what its log explains, in each mode',
    async (_what, fault, storm) => {
      const mark = await scene.vendor.mark();
      scene.takeSlowestMs();
      for (const { path } of HTTP_CHANNELS) await scene.vendor.script(path, fault, { requests: storm });
      const campaignId = await scene.launch(HTTP_CHANNELS);
      const state = await scene.api.completed(campaignId, DEADLINE_MS);
      const seen = await scene.vendor.seenSince(mark);
      expect(tooEarly(seen, GRACE_MS + scene.takeSlowestMs())).toEqual([]);
      for (const channel of HTTP_CHANNELS) {
        const met = seen.filter((request) => request.path === channel.path && request.fault.kind === fault.kind);
        expect(met.length, `${channel.channel} met the fault`).toBeGreaterThan(0);
        const { outcomes, delivered, doubled } = await judge(scene, { ...channel, campaignId, state, seen });
        // A storm that passes costs nobody the message but those whom the mode lists as unknown.
        const { failedAddress = 0, unknown = 0 } = outcomes;
        const lost = MEMBERS - delivered - failedAddress;
        expect(lost, channel.channel).toBeLessThanOrEqual(channel.mode === 'keyed' ? 0 : unknown);
        if (channel.mode !== 'atLeastOnce') expect(doubled, channel.channel).toBe(0);
        figures.doubled += channel.mode === 'atLeastOnce' ? 0 : doubled;
        figures.unknown += unknown;
      }
      figures.faults++;
      figures.members += MEMBERS * HTTP_CHANNELS.length;
    },
    DEADLINE_MS * 2,
  );

  it('leaves the API and the books as they should be', async () => {
    const { answered, p99Ms, peakRssBytes } = await scene.end();
    reportFigures('R12', {
      'faults of an HTTP vendor': figures.faults,
      'members in three modes': figures.members,
      'doubled where the mode forbids it': figures.doubled,
      'unknown, listed': figures.unknown,
      'API calls answered meanwhile': answered,
      'ms p99 of the API': p99Ms,
      'MiB of memory at most': Math.round(peakRssBytes / 1_048_576),
    });
  });
});
