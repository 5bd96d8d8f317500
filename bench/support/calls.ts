/** Calls of people and shops on the API, timed one after another, alone and while a campaign goes out. */
import type { Announcement, BenchApi } from './bench-api.js';
import { Latencies } from './latencies.js';

export interface Call {
  readonly name: string;
  /** The n-th of its kind. */
  readonly run: (api: BenchApi, number: number) => Promise<unknown>;
}

/** Latencies by the name of the call. */
export type CallLatencies = ReadonlyMap<string, Latencies>;

const MAX_WARM_UP = 50;
const MAX_CAMPAIGNS = 30;

export async function timeIdle(api: BenchApi, calls: readonly Call[], rounds: number): Promise<CallLatencies> {
  for (let round = 0; round < Math.min(MAX_WARM_UP, rounds); round++)
    for (const call of calls) await call.run(api, -1 - round);
  const latencies = latenciesOf(calls);
  for (let round = 0; round < rounds; round++) await timeRound(api, calls, { round, latencies });
  return latencies;
}

/**
 * Goes on for as many rounds, through as many campaigns as that takes. A call that begins after the campaign was seen to
 * have ended is not made; it is looked at every 50 ms, so the last calls of a campaign may have been beside none.
 */
export async function timeDuring(
  api: BenchApi,
  calls: readonly Call[],
  { rounds, announcement }: { readonly rounds: number; readonly announcement: Announcement },
): Promise<CallLatencies> {
  const latencies = latenciesOf(calls);
  let round = 0;
  for (let campaigns = 0; campaigns < MAX_CAMPAIGNS && round < rounds; campaigns++) {
    const { campaignId } = await api.createPromotion(announcement);
    const campaign = { hasEnded: false };
    const ended = api.untilEnded(campaignId).then(() => (campaign.hasEnded = true));
    while (!campaign.hasEnded)
      await timeRound(api, calls, { round: 1_000_000 + round++, latencies, hasEnded: () => campaign.hasEnded });
    await ended;
  }
  return latencies;
}

async function timeRound(
  api: BenchApi,
  calls: readonly Call[],
  {
    round,
    latencies,
    hasEnded = () => false,
  }: { readonly round: number; readonly latencies: CallLatencies; readonly hasEnded?: () => boolean },
): Promise<void> {
  for (const { name, run } of calls) {
    if (hasEnded()) return;
    await latencies.get(name)?.time(() => run(api, round));
  }
}

const latenciesOf = (calls: readonly Call[]): CallLatencies =>
  new Map(calls.map(({ name }) => [name, new Latencies()]));
