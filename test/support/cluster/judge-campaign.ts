/** Judges a campaign that has ended by the log of its vendor and by the books, member by member, and by the audit. */
import { expect } from 'vitest';
import { arrivalsOf, peakPerSecond } from '../arrivals.js';
import { CampaignApi, type CampaignState } from '../campaign-api.js';
import { attemptsByMember, timesDelivered } from '../moody-vendor/expected-outcome.js';
import { machineMs } from '../moody-vendor/vendor-log.js';
import { size } from '../proof.js';
import type { ServerProcess } from '../server-process.js';
import { HTTP_CHANNELS } from '../../vendors/http-scene.js';
import { WINDOW_MEMBERS, type ClusterScene } from './cluster-scene.js';

/** A machine with other work sends late what it held back; the full form shows the limit itself. */
const MAX_SHARE = size(1.25, 1.02);

/**
 * Fails when any channel was told more in a second, by the vendor's clock, than its limit and one chunk; answers the most
 * of all. To be asked before the limits are lifted.
 */
export async function peakUnder(limit: number, scene: ClusterScene): Promise<number> {
  const nowMs = machineMs();
  const seen = (await scene.vendor.seenSince()).filter(({ atMs }) => atMs < nowMs);
  const peaks = HTTP_CHANNELS.map(({ path }) => peakPerSecond(arrivalsOf(seen.filter((one) => one.path === path))));
  for (const peak of peaks) expect(peak).toBeLessThanOrEqual(limit * MAX_SHARE + Math.max(1, limit / 50));
  return Math.max(...peaks);
}

/** What campaigns came to, as the vendor's log has it; what is not allowed fails the test after it was counted. */
export interface Tally {
  missed: number;
  doubledKeyed: number;
  doubledAtMostOnce: number;
  askedAgainUnderKey: number;
  toldAgain: number;
  unknown: number;
}

export const emptyTally = (): Tally => ({
  missed: 0,
  doubledKeyed: 0,
  doubledAtMostOnce: 0,
  askedAgainUnderKey: 0,
  toldAgain: 0,
  unknown: 0,
});

/** A tally in the words of docs/PROOF.md. */
export const figuresOf = (tally: Tally): Readonly<Record<string, number>> => ({
  'missed on keyed and at least once': tally.missed,
  'told twice on keyed': tally.doubledKeyed,
  'asked again under their key': tally.askedAgainUnderKey,
  'told again on at least once': tally.toldAgain,
  'told twice on at most once': tally.doubledAtMostOnce,
  'unknown on at most once': tally.unknown,
});

export interface JudgeOptions {
  readonly campaignId: number;
  readonly state: CampaignState;
  /** How often a node may have lost what it had in its hands: each costs a window at most. */
  readonly losses: number;
}

/** Fails unless every delivery mode kept its promise; adds to the tally. */
export async function judgeCampaign(
  scene: ClusterScene,
  node: ServerProcess,
  { campaignId, state, losses }: JudgeOptions,
  tally: Tally,
): Promise<void> {
  const api = new CampaignApi(node.url);
  const seen = await scene.vendor.seenSince();
  for (const { channel, mode, path } of HTTP_CHANNELS) {
    const row = state.channels.find((one) => one.channel === channel);
    expect(row?.isBalanced).toBe(true);
    expect(row?.books['pending']).toBe(0);
    const outcomes = await api.outcomes(campaignId, channel);
    const attempts = attemptsByMember(seen, { path, campaignId });
    const told = Array.from({ length: scene.members }, (_, ordinal) => timesDelivered(attempts.get(ordinal) ?? []));
    const twice = told.filter((times) => times > 1).length;
    if (mode !== 'atMostOnce') tally.missed += told.filter((times) => times === 0).length;
    if (mode === 'keyed') tally.doubledKeyed += twice;
    if (mode === 'atMostOnce') tally.doubledAtMostOnce += twice;
    const unknown = told.filter((_, ordinal) => outcomes.get(ordinal) === 'unknown').length;
    const wrong = told.flatMap((times, ordinal) => {
      const outcome = outcomes.get(ordinal) ?? 'not in the books';
      const isSent = outcome === 'sent' || outcome === 'sentPossiblyDoubled';
      const isRight = {
        keyed: outcome === 'sent' && times === 1,
        atLeastOnce: isSent && times >= 1,
        atMostOnce: (outcome === 'sent' && times === 1) || (outcome === 'unknown' && times <= 1),
      }[mode];
      return isRight ? [] : [{ ordinal, outcome, tried: attempts.get(ordinal) }];
    });
    expect(wrong.slice(0, 3), `${channel}: the books against the vendor’s log (${wrong.length} differ)`).toEqual([]);
    const again = told.reduce((sum, times) => sum + Math.max(0, times - 1), 0);
    expect(again, `${channel}: told again`).toBeLessThanOrEqual(mode === 'atLeastOnce' ? WINDOW_MEMBERS * losses : 0);
    expect(unknown, `${channel}: unknown`).toBeLessThanOrEqual(mode === 'atMostOnce' ? WINDOW_MEMBERS * losses : 0);
    if (mode === 'keyed') {
      for (const tried of attempts.values()) {
        tally.askedAgainUnderKey += tried.filter(({ mark }) => mark === 'repeated').length;
      }
    }
    if (mode === 'atLeastOnce') tally.toldAgain += again;
    tally.unknown += unknown;
  }
  expect(await api.auditDifferences()).toEqual([]);
}
