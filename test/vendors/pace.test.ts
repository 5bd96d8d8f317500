/**
 * Rate limits as the vendor sees them: its own log, its own clock, a window of a second slid over every request. The
 * limit is changed while the campaign runs; beside it a campaign of twenty must not wait for the large one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeenRequest } from '../support/moody-vendor/vendor-script.js';
import { machineMs } from '../support/moody-vendor/vendor-log.js';
import { reportFigures, size } from '../support/proof.js';
import { httpConfig, SMS } from './http-scene.js';
import { Scene } from './scene.js';

const LIMITS = size([10, 500, 5_000], [10, 50, 200, 1_000, 5_000, 20_000, 50_000]);
const MEASURED_MS = size(2_000, 10_000);
/** After a change, until every chunk that was reserved under the old limit is through. */
const SETTLES_MS = 1_500;
const MEMBERS = size(60_000, 4_500_000);
const BATCH = 1_000;
/** A machine that stands still for a moment makes a burst of what it held back; no limit that is wrong passes ever. */
const MEASUREMENTS = 5;
/** What was missed while the machine did something else is not made up for; that 95 % are used is the full form's to show. */
const MIN_SHARE = size(0.4, 0.95);
const TWENTY_WITHIN_MS = 10_000;

interface Arrival {
  readonly atMs: number;
  readonly members: number;
}

const arrivalsOf = (seen: readonly SeenRequest[]): readonly Arrival[] =>
  seen.map(({ atMs, members }) => ({ atMs, members: members.length })).sort((a, b) => a.atMs - b.atMs);

function peakPerSecond(arrivals: readonly Arrival[]): number {
  let peak = 0;
  let sum = 0;
  let first = 0;
  for (const { atMs, members } of arrivals) {
    sum += members;
    for (let oldest = arrivals[first]; oldest !== undefined && oldest.atMs <= atMs - 1_000; oldest = arrivals[first]) {
      sum -= oldest.members;
      first++;
    }
    peak = Math.max(peak, sum);
  }
  return peak;
}

describe('pace', () => {
  let scene: Scene;
  let id: number;
  beforeAll(async () => {
    const configOf = ({ httpPort }: { readonly httpPort: number }) =>
      httpConfig(httpPort, { batchMembers: BATCH, connections: 16, headersTimeoutMs: 30_000 });
    scene = await Scene.open({ members: MEMBERS, configOf });
    id = await scene.launch([SMS], { membersPerSecond: LIMITS[0] ?? 10 });
  }, 180_000);
  afterAll(async () => {
    await scene.remove();
  });

  const measure = async (spanMs: number): Promise<readonly Arrival[]> => {
    const mark = await scene.vendor.mark();
    const fromMs = machineMs();
    await new Promise((resolve) => setTimeout(resolve, spanMs));
    const untilMs = machineMs();
    const arrivals = arrivalsOf(await scene.vendor.seenSince(mark));
    return arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  };

  it.each(LIMITS)(
    'of %i a second, set while the campaign runs, is kept and used',
    async (limit) => {
      await scene.api.setPace(id, 'sms', limit);
      await new Promise((resolve) => setTimeout(resolve, SETTLES_MS));
      const chunk = Math.min(BATCH, Math.max(1, Math.floor(limit / 50)));
      let peak = Infinity;
      let share = 0;
      for (let measurement = 0; measurement < MEASUREMENTS; measurement++) {
        const arrivals = await measure(MEASURED_MS);
        peak = peakPerSecond(arrivals);
        share = arrivals.reduce((sum, { members }) => sum + members, chunk) / ((limit * MEASURED_MS) / 1_000);
        console.log(`measured ${peak} in a second at most of ${limit}, ${(share * 100).toFixed(1)} % used`);
        if (peak <= limit * 1.02 + chunk && share >= MIN_SHARE) break;
      }
      reportFigures('R13', {
        [`a second at most, of ${limit}`]: peak,
        [`% of ${limit} used`]: Math.round(share * 1_000) / 10,
      });
      expect(peak).toBeLessThanOrEqual(limit * 1.02 + chunk);
      expect(share).toBeGreaterThanOrEqual(MIN_SHARE);
    },
    SETTLES_MS + MEASURED_MS * MEASUREMENTS + 60_000,
  );

  it('of a large campaign does not hold up one of twenty', async () => {
    await scene.api.setPace(id, 'sms', 50);
    const memberIds = Array.from({ length: 20 }, (_, index) => `m${index * 31}`);
    const startedMs = machineMs();
    const few = await scene.launch([SMS], { audience: { kind: 'list', memberIds } });
    const { channels } = await scene.api.completed(few, TWENTY_WITHIN_MS);
    expect(channels[0]?.books).toMatchObject({ sent: 20, pending: 0 });
    const big = (await scene.api.campaign(id)).channels[0]?.books;
    expect(big?.['pending'], 'the large campaign still runs').toBeGreaterThan(0);
    reportFigures('R13', { 'ms for twenty beside a large campaign': Math.round(machineMs() - startedMs) });
  }, 60_000);

  it('was kept without a member lost or told twice', async () => {
    await scene.api.liftPace(id, 'sms');
    await scene.api.completed(id, 120_000);
    const ordinals = (await scene.vendor.seenSince())
      .flatMap(({ members }) => members)
      .flatMap(([campaign, ordinal, , mark]) => (campaign === id && mark === 'delivered' ? [ordinal] : []));
    expect(ordinals).toHaveLength(MEMBERS);
    expect(new Set(ordinals).size).toBe(MEMBERS);
    await scene.end();
  }, 180_000);
});
