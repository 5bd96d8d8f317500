import type { Ordinal } from '../../core/ids.js';
import { decodeBucket } from '../../ledger/bucket-members.js';
import { campaignAudience, type CampaignAudienceTx } from '../audience/campaign-audience.js';
import type { Coupon } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';

/** Whether a member, one of those that were asked for, may have the coupon; undefined while its audience is not fixed yet. */
export type Eligibility = (ordinal: Ordinal) => boolean | undefined;

interface EligibilityTx extends CampaignAudienceTx {
  readonly audiences: Pick<CouponTx['audiences'], 'find' | 'bucketsOf'>;
}

/** Asks the frozen audience itself for the buckets that these members could be in, at once: nothing is kept per member. */
export async function eligibilityOf(
  tx: EligibilityTx,
  { audience }: Pick<Coupon, 'audience'>,
  ordinals: readonly Ordinal[],
): Promise<Eligibility> {
  if (audience.kind === 'everybody') return () => true;
  const chosen = await campaignAudience(tx, audience.campaignId);
  if (chosen.kind !== 'fixed') return () => (chosen.kind === 'never' ? false : undefined);
  const eligible = new Set<number>();
  const asked = [...new Set(ordinals)].sort((left, right) => left - right);
  let next = 0;
  for (const bucket of await tx.audiences.bucketsOf(chosen.audience.audienceId, asked)) {
    const members = decodeBucket(bucket);
    let place = 0;
    for (; next < asked.length; next++) {
      const each = asked[next] ?? Infinity;
      if (each >= bucket.until) break;
      while ((members[place] ?? Infinity) < each) place++;
      if (members[place] === each) eligible.add(each);
    }
  }
  return (ordinal) => eligible.has(ordinal);
}
