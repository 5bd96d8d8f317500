/**
 * Poison: a member who stops whatever sends it. A claim that began work and was never given back is a loss of its
 * bucket: the process died, or the vendor's thread with the chunk in hand, or the turn threw while it read and decided.
 * Throttled, paused, not before, circuit, stop and a store that is away are none.
 *
 *   1 to 4 losses   as any other bucket
 *   from 5 on       the bucket runs alone on its channel, half of what waits in it at a time, half of that after each
 *                   further loss, down to single members
 *   from 6 on       a member who was alone is given up: failed (poison) where nothing was handed over, else unknown
 *
 * Then the rest of the bucket goes on in halves; once a pass ends without a loss the bucket is as any other.
 * Finding one member of 1,000 costs 16 losses at most.
 */
import type { DetailRow } from '../ledger/ledger-repository.js';
import type { EpochMs } from '../core/time.js';
import type { HeldBucket } from './stream.js';

/** Losses after which a bucket runs alone. */
export const ISOLATION_LOSSES = 5;
/** Losses, the last one included, after which a member who was alone is given up. */
export const POISON_LOSSES = 6;

/** How long a bucket rests after it was lost without a restart of the process. */
export const LOSS_REST = { firstDelayMs: 200, maxDelayMs: 10_000 };
/** How long a damaged row is left alone; it takes a person to mend it. */
export const DAMAGED_REST_MS = 60_000;

export const isIsolated = ({ lossCount }: Pick<HeldBucket, 'lossCount'>): boolean => lossCount >= ISOLATION_LOSSES;

/** True when losing a single member now, after so many losses before, gives it up. */
export const isGivenUp = (lossesBefore: number, memberCount: number): boolean =>
  memberCount === 1 && lossesBefore >= ISOLATION_LOSSES && lossesBefore + 1 >= POISON_LOSSES;

/** Members that an isolated bucket sends at once. */
export const aloneMembersOf = ({ lossCount, claimedCount }: HeldBucket): number =>
  Math.max(1, Math.ceil(claimedCount / 2 ** (lossCount - ISOLATION_LOSSES + 1)));

export const poisonDetail = (about: Pick<DetailRow, 'ordinal' | 'cellCode'>, at: EpochMs): DetailRow => ({
  ...about,
  at,
  vendorCode: 'poison',
  vendorText: null,
  vendorMessageId: null,
});
