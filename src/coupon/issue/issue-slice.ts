import type { IssueRunId } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import type { EpochMs } from '../../core/time.js';
import { TOPICS } from '../../core/topics.js';
import { changeCounts } from '../change-counts.js';
import { couponEvent, issuedEvent } from '../coupon-event.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState, stockLeft, type Coupon } from '../coupon.js';
import { lockCoupon } from '../get-coupon.js';
import { isDue } from '../grant/grant-due.js';
import { heldInBlocks } from '../grant/held-grants.js';
import type { IssueRun } from './issue-run.js';
import { endIssueRun } from './issue-run-books.js';
import { planBlocks, type PlannedBlocks } from './plan-blocks.js';
import { wantedMembers } from '../audience/wanted-members.js';

/** Holders looked at in a slice: where more hold it already, the slice has fewer blocks. */
const MAX_HOLDERS = 10_000;

export const SLICE_OUTCOMES = ['more', 'waiting', 'ended'] as const;
/** `waiting`: its coupon is paused or not open yet. */
export type SliceOutcome = (typeof SLICE_OUTCOMES)[number];

/** Ends a run that a person holds back once its coupon has ended. Safe to call at any time. */
export async function cutOffPaused(tx: CouponTx, readNow: ReadNow, { id, couponId }: IssueRun): Promise<void> {
  const coupon = await lockCoupon(tx, couponId);
  const run = await tx.issueRuns.lock(id);
  const now = readNow();
  if (run?.state === 'paused' && couponState(coupon, now) === 'ended')
    await endIssueRun(tx, run, { state: 'cutOff', now });
}

/**
 * Gives the coupon to the next blocks of a run, in one transaction: bits, journal, counts, the run's own books and events.
 * The coupon is locked before anybody looks who holds it: a login or another run comes before or after the slice. Safe to
 * call at any time and by several nodes: each takes the next blocks.
 */
export async function issueSlice(tx: CouponTx, readNow: ReadNow, id: IssueRunId): Promise<SliceOutcome> {
  const found = await tx.issueRuns.find(id);
  if (found?.state !== 'running') return 'ended';
  const coupon = await lockCoupon(tx, found.couponId);
  const run = await tx.issueRuns.lock(id);
  if (run?.state !== 'running') return 'ended';
  const now = readNow(); // not before the locks were had: meanwhile it may have closed
  if (couponState(coupon, now) === 'ended') {
    await endIssueRun(tx, run, { state: 'cutOff', now });
    return 'ended';
  }
  if (!isDue(coupon, now)) return 'waiting';
  const { next, plan } = await planSlice(tx, coupon, run);
  await giveBits(tx, coupon, { run: next, plan, now });
  if (next.cursorBlock < next.untilBlock) {
    await tx.issueRuns.update(next);
    return 'more';
  }
  await endIssueRun(tx, next, { state: 'completed', now });
  return 'ended';
}

async function planSlice(
  tx: CouponTx,
  coupon: Coupon,
  run: IssueRun,
): Promise<{ readonly next: IssueRun; readonly plan: PlannedBlocks }> {
  const wanted = await wantedMembers(tx, run);
  const { held, untilBlock } = await heldInBlocks(tx, coupon.id, {
    fromBlock: run.cursorBlock,
    untilBlock: wanted.untilBlock,
    maxRows: MAX_HOLDERS,
  });
  const blocks = wanted.blocks.filter(({ block }) => block < untilBlock);
  const plan = planBlocks(blocks, held, stockLeft(coupon));
  let { gone } = run;
  for (const [block, count] of wanted.gone) if (block < untilBlock) gone += count;
  const next: IssueRun = {
    ...run,
    cursorBlock: untilBlock,
    granted: run.granted + plan.granted,
    alreadyHeld: run.alreadyHeld + plan.alreadyHeld,
    withoutStock: run.withoutStock + plan.withoutStock,
    gone,
  };
  return { next, plan };
}

async function giveBits(
  tx: CouponTx,
  coupon: Coupon,
  { run, plan, now }: { readonly run: IssueRun; readonly plan: PlannedBlocks; readonly now: EpochMs },
): Promise<void> {
  const { granted } = plan;
  if (granted === 0) return;
  await tx.grantBits.insert(
    plan.given.map(({ block, bits }) => ({ couponId: coupon.id, block, runId: run.id, grantedAt: now, bits })),
  );
  await changeCounts(tx, coupon, { changes: { granted }, now });
  await tx.outbox.append(issuedEvent(coupon, { runId: run.id, members: granted, at: now }));
  if (granted === stockLeft(coupon)) await tx.outbox.append(couponEvent(TOPICS.couponSoldOut, coupon, now));
}
