/**
 * What became of a coupon among those whom a campaign told of it: told → claimed → locked → redeemed → discount given.
 *
 * Counted over the books themselves, slice by slice of the frozen audience, so that nothing has to be kept for it: the cells
 * of the campaign's channels, and the grants of the members of the slice. Cost: a row of cells per thousand members and
 * channel, and the coupon's grants among them.
 */
import type { AudienceRepository } from '../../campaign/audience-repository.js';
import { getCampaign } from '../../campaign/campaign-refusals.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import type { Campaign } from '../../campaign/campaign.js';
import { requireCells } from '../../campaign/forget-cells.js';
import { DomainError } from '../../core/errors.js';
import type { CampaignId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { OrdinalRange } from '../../core/ranges.js';
import type { EpochMs } from '../../core/time.js';
import type { CouponRepository } from '../coupon-repository.js';
import type { Coupon } from '../coupon.js';
import { getCoupon } from '../get-coupon.js';
import type { GrantBitsRepository } from '../grant/grant-bits-repository.js';
import type { GrantRepository } from '../grant/grant-repository.js';
import { grantStateAt } from '../grant/grant-state.js';
import type { Grant } from '../grant/grant.js';
import { grantsIn } from '../grant/grants-in-range.js';
import { hasCells, toldIn, type ToldTx } from './told-members.js';

export interface FunnelTx extends ToldTx {
  readonly campaigns: Pick<CampaignRepository, 'find' | 'channels'>;
  readonly audiences: Pick<AudienceRepository, 'buckets'>;
  readonly coupons: Pick<CouponRepository, 'find'>;
  readonly grants: Pick<GrantRepository, 'rowsAfter'>;
  readonly grantBits: Pick<GrantBitsRepository, 'inBlocks'>;
}

/** Members, each counted once, and at each step at most those of the step before. */
export interface CampaignFunnel {
  readonly campaignId: CampaignId;
  readonly coupon: Coupon;
  readonly countedAt: EpochMs;
  /** Sent to on at least one channel. */
  readonly told: number;
  /** Of those: who holds one, whatever became of it. */
  readonly claimed: number;
  /** Who has one with an order, paid or not. */
  readonly locked: number;
  readonly redeemed: number;
  /** Of all that they have redeemed. */
  readonly discountMinor: bigint;
}

const BUCKETS_PER_SLICE = 20;

/**
 * @throws DomainError `NOT_FOUND` for a campaign that does not exist or tells of no coupon; `CELLS_FORGOTTEN` 400 days after
 *   its end.
 */
export async function campaignFunnel<Tx extends FunnelTx>(
  { store, clock }: { readonly store: Store<Tx>; readonly clock: Clock },
  campaignId: CampaignId,
): Promise<CampaignFunnel> {
  const now = clock.now();
  const read: typeof store.read = (body) => store.read(body, { isBulk: true });
  const { campaign, coupon } = await store.read((tx) => findBoth(tx, campaignId));
  const counts = { told: 0, claimed: 0, locked: 0, redeemed: 0, discountMinor: 0n };
  for (let firstBucket = 0; hasCells(campaign); firstBucket += BUCKETS_PER_SLICE) {
    const slice = await read((tx) => toldInSlice(tx, campaign, firstBucket));
    if (slice === undefined) break;
    counts.told += slice.told.size;
    const furthest = new Map<number, number>();
    for await (const grant of slice.told.size === 0 ? [] : grantsIn(read, coupon, slice.range)) {
      if (!slice.told.has(grant.ordinal)) continue;
      const step = stepOf(grant, coupon, now);
      furthest.set(grant.ordinal, Math.max(step, furthest.get(grant.ordinal) ?? 0));
      if (step === STEPS.redeemed) counts.discountMinor += grant.use?.amountMinor ?? 0n;
    }
    for (const step of furthest.values()) {
      counts.claimed += 1;
      if (step >= STEPS.locked) counts.locked += 1;
      if (step >= STEPS.redeemed) counts.redeemed += 1;
    }
  }
  return { campaignId, coupon, countedAt: now, ...counts };
}

const STEPS = { claimed: 1, locked: 2, redeemed: 3 } as const;

function stepOf(grant: Grant, coupon: Coupon, now: EpochMs): number {
  const state = grantStateAt(grant, coupon, now);
  if (state === 'redeemed') return STEPS.redeemed;
  return state === 'locked' ? STEPS.locked : STEPS.claimed;
}

async function findBoth(
  tx: FunnelTx,
  campaignId: CampaignId,
): Promise<{ readonly campaign: Campaign; readonly coupon: Coupon }> {
  const campaign = await getCampaign(tx, campaignId);
  requireCells(campaign);
  if (campaign.couponId !== null) return { campaign, coupon: await getCoupon(tx, campaign.couponId) };
  throw new DomainError('NOT_FOUND', `Campaign ${campaignId} tells of no coupon, so it has no funnel.`, { campaignId });
}

interface ToldSlice {
  readonly told: ReadonlySet<number>;
  readonly range: OrdinalRange;
}

async function toldInSlice(tx: FunnelTx, campaign: Campaign, firstBucket: number): Promise<ToldSlice | undefined> {
  const buckets = await tx.audiences.buckets(campaign.audienceId, firstBucket, BUCKETS_PER_SLICE);
  const [first, last] = [buckets.at(0), buckets.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { told: await toldIn(tx, campaign, buckets), range: { from: first.from, until: last.until } };
}
