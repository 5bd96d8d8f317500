import type { Ordinal } from '../core/ids.js';
import { positionOf, type FrozenBucket } from '../ledger/bucket-members.js';
import type { Coupon } from './coupon.js';
import type { CouponTx } from './coupon-repository.js';

/** Whether a member may have the coupon; undefined while its audience is not frozen yet. */
export type Eligibility = (ordinal: Ordinal) => Promise<boolean | undefined>;

/** Asks the frozen audience itself, bucket by bucket: nothing is kept per member. */
export async function eligibilityOf(
  tx: Pick<CouponTx, 'campaigns' | 'audiences'>,
  { audience }: Pick<Coupon, 'audience'>,
): Promise<Eligibility> {
  if (audience.kind === 'everybody') return () => Promise.resolve(true);
  const campaign = await tx.campaigns.find(audience.campaignId);
  const frozen = campaign === undefined ? undefined : await tx.audiences.find(campaign.audienceId);
  if (frozen === undefined || frozen.frozenAt === null) return () => Promise.resolve(undefined);
  const { audienceId } = frozen;
  let last: FrozenBucket | undefined;
  return async (ordinal) => {
    const isInLast = last !== undefined && ordinal >= last.from && ordinal < last.until;
    const bucket = isInLast ? last : await tx.audiences.bucketOf(audienceId, ordinal);
    last = bucket;
    return bucket !== undefined && positionOf(bucket, ordinal) !== -1;
  };
}
