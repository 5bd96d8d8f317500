import type { CouponId } from '../../core/ids.js';
import { addMs, MINUTE_MS, type EpochMs } from '../../core/time.js';
import { campaignAudience } from '../audience/campaign-audience.js';
import type { CouponTx } from '../coupon-repository.js';
import { couponState, type Coupon } from '../coupon.js';
import { getCoupon } from '../get-coupon.js';
import { hasEnded } from './issue-run.js';
import { startIssueRun } from './issue-runs.js';

/** Ten million are given in seconds; the rest of the time is for a server that is down, and for other coupons' turns. */
const MAX_LEAD_MS = 5 * MINUTE_MS;

/** From when on whoever has not got the coupon is given it: five minutes before the close, or half of a shorter window. */
export const sweepStartsAt = ({ opensAt, closesAt }: Pick<Coupon, 'opensAt' | 'closesAt'>): EpochMs =>
  addMs(closesAt, -Math.min(MAX_LEAD_MS, Math.floor((closesAt - opensAt) / 2)));

/** Whether a coupon's own sweep should have begun. */
export const isSweepDue = (coupon: Coupon, now: EpochMs): boolean =>
  coupon.sweepAtClose && couponState(coupon, now) === 'active' && now >= sweepStartsAt(coupon);

/**
 * Begins the sweep of a coupon that is due for it. Answers false while another run of it goes on, or its audience is
 * not fixed, to be asked again; true when nothing is left to begin. Safe to repeat.
 */
export async function startSweep(tx: CouponTx, now: EpochMs, couponId: CouponId): Promise<boolean> {
  const coupon = await getCoupon(tx, couponId);
  if (!isSweepDue(coupon, now)) return true;
  const [last] = await tx.issueRuns.ofCoupon(couponId, { beforeId: undefined, limit: 1 });
  if (last?.cause === 'close' && last.createdAt >= sweepStartsAt(coupon)) return true;
  if (last !== undefined && !hasEnded(last)) return false;
  if (!(await hasAudience(tx, coupon))) return false;
  await startIssueRun(tx, now, { couponId, createdBy: 'system', cause: 'close' });
  return true;
}

const hasAudience = async (tx: CouponTx, { audience }: Coupon): Promise<boolean> =>
  audience.kind === 'everybody' || (await campaignAudience(tx, audience.campaignId)).kind === 'fixed';
