/** Coupons that benches make as a shop does. */
import { couponOutput } from '../../src/http/coupon-schemas.js';
import { addMs, DAY_MS, epochMs, formatInstant } from '../../src/core/time.js';
import type { BenchApi } from './bench-api.js';

/** A coupon of five yuan for everybody, one each, that is given from now on; answers its id. */
export async function makeCouponBy(
  api: BenchApi,
  { issue, stock }: { readonly issue: 'platform' | 'selfClaim'; readonly stock?: number },
): Promise<number> {
  const now = epochMs(Date.now());
  const coupon = await api.call('POST', '/v1/coupons', {
    name: 'Bench',
    issue,
    rule: { kind: 'directCut', cutMinor: '500' },
    currency: 'CNY',
    validity: { kind: 'days', days: 7 },
    opensAt: formatInstant(addMs(now, -DAY_MS)),
    closesAt: formatInstant(addMs(now, DAY_MS)),
    ...(stock !== undefined && { stock }),
  });
  const { id } = couponOutput.parse(coupon);
  await api.call('POST', `/v1/coupons/${id}/activate`);
  return id;
}

/** How many were granted, as the coupon says. */
export async function grantedBy(api: BenchApi, id: number): Promise<number> {
  return couponOutput.parse(await api.call('GET', `/v1/coupons/${id}`)).granted;
}
