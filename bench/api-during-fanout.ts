/**
 * What reads and writes of the API take while a campaign goes out to all members at full speed (keyed vendor that takes
 * everything at once), called one after another. Baseline: the same calls on the idle server.
 *
 * What it does not show: many callers at once. The event loop is shared, so a call waits for at most what the engine does
 * in one go: a turn of a pusher or a slice of a scan.
 */
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { timeDuring, timeIdle, type Call, type CallLatencies } from './support/calls.js';
import { withCleanUp } from './support/clean-up.js';
import { memberIdAt } from './support/members-folder.js';
import { noOpVendor, openServerWorld } from './support/server-world.js';

export const apiDuringFanout: Bench = {
  name: 'api-during-fanout',
  about: 'reads and writes of the API while a campaign goes out at full speed',
  run,
};

const ROUNDS = 150;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 10_000_000);
  const runs = numberOf('runs', 3);
  const callRounds = Math.min(ROUNDS, Math.ceil(members / 20));
  const calls = callsOver(members);
  const rounds = await withCleanUp(async (cleanUp) => {
    const { api } = await openServerWorld({ members, say, channels: { sms: noOpVendor } }, cleanUp);
    const { campaignId } = await api.createPromotion({ channels: ['inbox'] });
    await api.untilEnded(campaignId, say);
    const measured: { readonly idle: CallLatencies; readonly during: CallLatencies }[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      const idle = await timeIdle(api, calls, callRounds);
      measured.push({
        idle,
        during: await timeDuring(api, calls, { rounds: callRounds, announcement: { channels: ['sms'] } }),
      });
    }
    return measured;
  });
  const of = (which: 'idle' | 'during', name: string, share: number): number[] =>
    rounds.map((round) => round[which].get(name)?.percentileMs(share) ?? Number.NaN);
  return calls.flatMap(({ name }) => [
    figureOf(`${name}, median`, 'ms', of('during', name, 0.5), of('idle', name, 0.5)),
    figureOf(`${name}, 99 %`, 'ms', of('during', name, 0.99), of('idle', name, 0.99)),
  ]);
}

/** Calls on members all over the store; the first campaign has told everybody's inbox. */
function callsOver(members: number): readonly Call[] {
  const anyone = (number: number): string => memberIdAt(Math.abs(number * 7_919) % members);
  return [
    { name: 'read a member', run: (api, number) => api.call('GET', `/v1/members/${anyone(number)}`) },
    { name: "read a member's record", run: (api, number) => api.call('GET', `/v1/members/${anyone(number)}/record`) },
    { name: 'read an inbox', run: (api, number) => api.call('GET', `/v1/members/${anyone(number)}/inbox`) },
    { name: 'list campaigns', run: (api) => api.call('GET', '/v1/campaigns?limit=20') },
    {
      name: 'write a member',
      run: (api, number) => api.call('PUT', `/v1/members/${anyone(number)}`, { points: Math.abs(number) }),
    },
    { name: 'create a promotion', run: (api) => api.createPromotion() },
  ];
}
