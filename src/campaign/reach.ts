import { assert } from '../core/assert.js';
import { channelIndex, type Channel } from '../core/channels.js';
import type { PaceLimit } from '../core/ports/pacer.js';
import { addMs, SECOND_MS, type EpochMs } from '../core/time.js';
import { nameOfCode, type OutcomeName } from '../ledger/cell-code.js';
import { chooseChannel, decideByChoice, decisionTable, SEND } from '../push/decide.js';
import type { ChannelPolicy } from './campaign.js';
import type { ChannelOffer } from './channel-offer.js';

/** Whom a channel tells of an audience, and whom not, by the reason that the ledger will give. */
export interface Reach {
  readonly members: number;
  readonly suppressed: Readonly<Partial<Record<OutcomeName, number>>>;
}

/** Pure: the pusher's own decision for each value of the flags, weighed by the members that have it. */
export function reachOf(
  counts: Uint32Array,
  {
    channel,
    order,
    policy,
  }: { readonly channel: Channel; readonly order: readonly Channel[]; readonly policy: ChannelPolicy },
): Reach {
  const table = decisionTable(channel);
  const suppressed: Partial<Record<OutcomeName, number>> = {};
  let members = 0;
  counts.forEach((count, flags) => {
    if (count === 0) return;
    const byFlags = table[flags] ?? SEND;
    const decision =
      policy === 'all' ? byFlags : decideByChoice(byFlags, chooseChannel(flags, order), channelIndex(channel));
    if (decision === SEND) {
      members += count;
      return;
    }
    const reason = nameOfCode(decision);
    assert(reason !== undefined && reason !== 'pending' && reason !== 'inFlight', 'a member is sent to or suppressed');
    suppressed[reason] = (suppressed[reason] ?? 0) + count;
  });
  return { members, suppressed };
}

/** Members a second that a campaign and a channel's limits allow together; null = no limit is set. */
export function rateOf(
  own: PaceLimit,
  { pace, capabilities }: Pick<ChannelOffer, 'pace' | 'capabilities'>,
): number | null {
  const requestMembers = capabilities?.maxRequestMembers ?? 1;
  const limits = [own, pace].flatMap(({ membersPerSecond, requestsPerSecond }) => [
    membersPerSecond ?? Infinity,
    (requestsPerSecond ?? Infinity) * requestMembers,
  ]);
  const rate = Math.min(...limits);
  return rate === Infinity ? null : rate;
}

export interface DeliveryForecast {
  /** When the last one has been told at the set pace; null where no pace is set. */
  readonly endsAt: EpochMs | null;
  /** Members still pending when delivery ends. */
  readonly expiringMembers: number;
}

/** What a pace means for a delivery: a plain division, of a channel that has nothing else to do. */
export function forecast(
  members: number,
  {
    rate,
    startsAt,
    deliverUntil,
  }: { readonly rate: number | null; readonly startsAt: EpochMs; readonly deliverUntil: EpochMs },
): DeliveryForecast {
  if (rate === null) return { endsAt: null, expiringMembers: 0 };
  const capacity = Math.floor((rate * (deliverUntil - startsAt)) / SECOND_MS);
  return {
    endsAt: addMs(startsAt, Math.ceil((members / rate) * SECOND_MS)),
    expiringMembers: Math.max(0, members - capacity),
  };
}
