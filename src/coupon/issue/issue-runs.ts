import { DomainError } from '../../core/errors.js';
import { issueRunId, type CouponId, type IssueRunId } from '../../core/ids.js';
import { BLOCK_SIZE } from '../../core/ranges.js';
import type { EpochMs } from '../../core/time.js';
import { campaignAudience } from '../audience/campaign-audience.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState, type Coupon } from '../coupon.js';
import { lockCoupon } from '../get-coupon.js';
import { endIssueRun } from './issue-run-books.js';
import { hasEnded, type IssueRun, type IssueRunCause, type IssueRunState } from './issue-run.js';

export interface StartIssueRun {
  readonly couponId: CouponId;
  readonly createdBy: string;
  readonly cause: IssueRunCause;
}

/**
 * Begins to give a coupon of the platform now to everybody, or to its frozen audience; the rest happens after the answer.
 * Until it is through, and after it is cancelled, whoever it has not come to gets the coupon at login as before.
 * @throws DomainError `NOT_FOUND`; `COUPON_STATE` for a draft, for one that has ended and for one that members claim;
 *   `ISSUE_RUN_STATE` while another run of the coupon has not ended, and without a fixed audience.
 */
export async function startIssueRun(
  tx: CouponTx,
  now: EpochMs,
  { couponId, createdBy, cause }: StartIssueRun,
): Promise<{ readonly run: IssueRun; readonly coupon: Coupon }> {
  const coupon = await lockCoupon(tx, couponId);
  checkCanBeIssued(coupon, now);
  const [last] = await tx.issueRuns.ofCoupon(couponId, { beforeId: undefined, limit: 1 });
  if (last !== undefined && !hasEnded(last))
    refuse(last, `run ${last.id} is ${last.state}; wait for its end or cancel it`);
  const target = await targetOf(tx, coupon);
  const run: IssueRun = {
    id: issueRunId(await tx.ids.take('issueRun', 1)),
    couponId,
    state: 'running',
    cause,
    ...target,
    cursorBlock: 0,
    granted: 0,
    alreadyHeld: 0,
    withoutStock: 0,
    gone: 0,
    leftOver: undefined,
    createdBy,
    createdAt: now,
    endedAt: undefined,
  };
  await tx.issueRuns.insert(run);
  if (!coupon.isGivenEagerly) await tx.coupons.markGivenEagerly(couponId);
  return { run, coupon: { ...coupon, isGivenEagerly: true } };
}

export const ISSUE_RUN_MOVES = ['pause', 'resume', 'cancel'] as const;
export type IssueRunMove = (typeof ISSUE_RUN_MOVES)[number];

const MOVES: Readonly<Record<IssueRunMove, { readonly from: readonly IssueRunState[]; readonly to: IssueRunState }>> = {
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['running', 'paused'], to: 'cancelled' },
};

/**
 * Moves a run between two of its slices. Safe to repeat: one that is there already stays as it is.
 * @throws DomainError `NOT_FOUND`; `ISSUE_RUN_STATE` when the move is not made from its state.
 */
export async function moveIssueRun(
  tx: Pick<CouponTx, 'issueRuns' | 'audiences' | 'members'>,
  now: EpochMs,
  { couponId, id, move }: { readonly couponId: CouponId; readonly id: IssueRunId; readonly move: IssueRunMove },
): Promise<IssueRun> {
  const run = await tx.issueRuns.lock(id);
  if (run?.couponId !== couponId) refuseUnknownRun(couponId, id);
  const { from, to } = MOVES[move];
  if (run.state === to) return run;
  if (!from.includes(run.state))
    refuse(run, `run ${id} is ${run.state}; "${move}" goes from ${from.join(' or ')} only`);
  if (to === 'cancelled') return endIssueRun(tx, run, { state: to, now });
  const moved: IssueRun = { ...run, state: to };
  await tx.issueRuns.update(moved);
  return moved;
}

/** @throws DomainError `NOT_FOUND`. */
export async function getIssueRun(
  tx: Pick<CouponTx, 'issueRuns'>,
  { couponId, id }: { readonly couponId: CouponId; readonly id: IssueRunId },
): Promise<IssueRun> {
  const run = await tx.issueRuns.find(id);
  return run?.couponId === couponId ? run : refuseUnknownRun(couponId, id);
}

function checkCanBeIssued(coupon: Coupon, now: EpochMs): void {
  const { id } = coupon;
  const state = couponState(coupon, now);
  const refuseState = (why: string): never => {
    throw new DomainError('COUPON_STATE', `Coupon ${id} ${why}`, { couponId: id, state, issue: coupon.issue });
  };
  if (coupon.issue !== 'platform') refuseState('is claimed by members; only what the platform gives can be issued.');
  if (state === 'draft') refuseState('is a draft; activate it, then issue it.');
  if (state === 'ended') refuseState('has ended and is given no more.');
}

async function targetOf(tx: CouponTx, { id, audience }: Coupon): Promise<Pick<IssueRun, 'audienceId' | 'untilBlock'>> {
  if (audience.kind === 'everybody') {
    const { untilBlock } = await tx.members.populationOf({ fromBlock: 0, untilBlock: Number.MAX_SAFE_INTEGER });
    return { audienceId: undefined, untilBlock };
  }
  const { campaignId } = audience;
  const chosen = await campaignAudience(tx, campaignId);
  if (chosen.kind !== 'fixed') {
    const why =
      chosen.kind === 'never'
        ? `is never fixed: campaign ${campaignId} ended before that; make another coupon`
        : `is not fixed yet; launch campaign ${campaignId} and confirm its audience first`;
    throw new DomainError('ISSUE_RUN_STATE', `The audience of coupon ${id} ${why}.`, { couponId: id, campaignId });
  }
  const frozen = chosen.audience;
  const [last] = await tx.audiences.buckets(frozen.audienceId, Math.max(0, frozen.bucketCount - 1), 1);
  return { audienceId: frozen.audienceId, untilBlock: Math.ceil((last?.until ?? 0) / BLOCK_SIZE) };
}

function refuse({ id, couponId, state }: IssueRun, why: string): never {
  throw new DomainError('ISSUE_RUN_STATE', `Coupon ${couponId}: ${why}.`, { couponId, runId: id, state });
}

function refuseUnknownRun(couponId: CouponId, id: IssueRunId): never {
  throw new DomainError('NOT_FOUND', `Coupon ${couponId} has no issue run ${id}; list its runs to see which exist.`, {
    couponId,
    runId: id,
  });
}
