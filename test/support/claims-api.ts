/** What tests of claims under faults ask a server, and what they remember of its answers. */
import { z } from 'zod';
import { json } from './ask-server.js';

export const couponSchema = z.object({ id: z.int(), stock: z.int().nullable(), granted: z.int() });
export const grantSchema = z.object({ id: z.string(), grantedAt: z.string() });
export const claimsSchema = z.object({
  items: z.array(z.object({ memberId: z.string(), outcome: z.string(), grant: grantSchema.nullable() })),
});
export const auditSchema = z.object({ differences: z.array(z.unknown()) });

/** A grant that was lost and given again has the same id, and another instant. */
export const markOf = ({ id, grantedAt }: z.infer<typeof grantSchema>): string => `${id} ${grantedAt}`;

/** A coupon that members claim, open for a day; answers its id once it is active. */
export async function activeFlashCoupon(url: string, terms: object): Promise<number> {
  const { id } = couponSchema.parse(await json(`${url}/v1/coupons`, 'POST', { ...FLASH, ...opening(), ...terms }));
  await json(`${url}/v1/coupons/${id}/activate`, 'POST', {});
  return id;
}

const FLASH = {
  name: 'Flash',
  issue: 'selfClaim',
  rule: { kind: 'directCut', cutMinor: '500' },
  currency: 'CNY',
  validity: { kind: 'days', days: 30 },
};

const opening = () => ({
  opensAt: new Date(Date.now() - 60_000).toISOString(),
  closesAt: new Date(Date.now() + 86_400_000).toISOString(),
});
