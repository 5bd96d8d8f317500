import { assert } from '../core/assert.js';
import type { Channel } from '../core/channels.js';
import type { CampaignId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { EpochMs } from '../core/time.js';
import { couponEndsAt } from '../coupon/coupon.js';
import { countClasses, countedCode } from '../ledger/cell-counts.js';
import { isInFlight, OUTCOME_CODES, toUnknown } from '../ledger/cell-code.js';
import { afterSuppress, type SuppressedCode } from '../ledger/cell-moves.js';
import type { CountDelta, LedgerRow, Stream } from '../ledger/ledger-repository.js';
import type { Campaign } from './campaign.js';
import { settleIfDone, type SettleTx } from './settle.js';

/** Rows of a slice: 1,000 cells each, some 10 ms. */
const SLICE_ROWS = 200;
const CODES = 256;

/**
 * Why nobody of a campaign is told any more; undefined while somebody may be. Whom an empty stock held back to the end is
 * suppressed for that. `couponEndsAt` is when the coupon that it tells of ends: who is pending then would come too late.
 */
export function suppressionOf(
  { state, deliverUntil, pauseReasons }: Campaign,
  now: EpochMs,
  couponEndsAt?: EpochMs,
): SuppressedCode | undefined {
  const isSoldOut = pauseReasons.includes('soldOut');
  if (state === 'cancelling') {
    return isSoldOut ? OUTCOME_CODES.suppressedSoldOut : OUTCOME_CODES.suppressedCancelled;
  }
  if (state !== 'running' || deliverUntil === null || deliverUntil > now) return undefined;
  if (isSoldOut) return OUTCOME_CODES.suppressedSoldOut;
  const endedWithCoupon = couponEndsAt !== undefined && couponEndsAt <= deliverUntil;
  return endedWithCoupon ? OUTCOME_CODES.suppressedCouponEnded : OUTCOME_CODES.suppressedExpired;
}

/**
 * Ends what is pending of a campaign that was cancelled or whose time is over, in slices of bulk work, and the campaign
 * with it. Pending members become suppressed, or unknown where an earlier try may have arrived. Rows that a pusher
 * holds are left: it gives them back, and the next call finds them. Safe to call again; answers whether all is done.
 */
export async function suppressPending<Tx extends SettleTx>(
  { store, clock }: { readonly store: Store<Tx>; readonly clock: Clock },
  campaignId: CampaignId,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<boolean> {
  let hasEnded = false;
  for (const { channel } of await store.read((tx) => tx.campaigns.channels(campaignId))) {
    let firstBucket: number | undefined = 0;
    while (firstBucket !== undefined && signal?.aborted !== true) {
      const from: number = firstBucket;
      const slice = await store.transaction(
        async (tx) => ({
          next: await suppressSlice(tx, { campaignId, channel }, { from, now: clock.now() }),
          // The books never show a campaign that goes on with nobody pending, not between two commits either.
          isLast: await settleIfDone(tx, campaignId, clock.now()),
        }),
        { isBulk: true },
      );
      firstBucket = slice.next;
      hasEnded ||= slice.isLast;
    }
  }
  return hasEnded || store.transaction((tx) => settleIfDone(tx, campaignId, clock.now()), { isBulk: true });
}

/** Answers the bucket to go on from; undefined when none is left, or the campaign goes on after all. */
async function suppressSlice(
  tx: SettleTx,
  stream: Stream & { readonly channel: Channel },
  { from, now }: { readonly from: number; readonly now: EpochMs },
): Promise<number | undefined> {
  const campaign = await tx.campaigns.find(stream.campaignId);
  const coupon = campaign?.couponId == null ? undefined : await tx.coupons.find(campaign.couponId);
  const couponEnd = coupon === undefined ? undefined : couponEndsAt(coupon);
  const reason = campaign === undefined ? undefined : suppressionOf(campaign, now, couponEnd);
  if (reason === undefined) return undefined;
  const rows = await tx.ledger.unsettled(stream, from, SLICE_ROWS);
  const table = suppressionTable(reason);
  const moved = new Int32Array(CODES);
  for (const row of rows) await suppressRow(tx, stream, { row, table, moved });
  await tx.ledger.addCounts(toDeltas(stream, moved));
  const last = rows.at(-1);
  return last === undefined || rows.length < SLICE_ROWS ? undefined : last.bucket + 1;
}

/** What becomes of each code. In flight in a row that nobody holds: its holder died, and whether it was sent is not known. */
const suppressionTable = (reason: SuppressedCode): Uint8Array =>
  Uint8Array.from({ length: CODES }, (_, code) =>
    isInFlight(code) ? toUnknown(code) : (afterSuppress(code, reason) ?? code),
  );

/** `moved` is the change of members by code, over the rows of a slice. */
async function suppressRow(
  tx: SettleTx,
  stream: Stream,
  { row, table, moved }: { readonly row: LedgerRow; readonly table: Uint8Array; readonly moved: Int32Array },
): Promise<void> {
  const { bucket, cells } = row;
  for (let position = 0; position < cells.length; position++) {
    const code = cells[position] ?? 0;
    const next = table[code] ?? code;
    if (next === code) continue;
    cells[position] = next;
    moved[countedCode(code)] = (moved[countedCode(code)] ?? 0) - 1;
    moved[next] = (moved[next] ?? 0) + 1;
  }
  const counts = countClasses(cells);
  assert(counts !== undefined, `bucket ${bucket} of campaign ${stream.campaignId} holds codes only`);
  await tx.ledger.merge({ ...stream, bucket }, cells, counts);
}

const toDeltas = ({ campaignId, channel }: Stream, moved: Int32Array): readonly CountDelta[] =>
  Array.from(moved, (members, code) => ({ campaignId, channel, code, members })).filter(({ members }) => members !== 0);
