import { DomainError } from '../../core/errors.js';
import type { ReadNow } from '../../core/ports/clock.js';
import type { Coupon } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';
import { GrantBook } from './grant-book.js';
import { grantName, type Grant, type GrantKey } from './grant.js';

export interface GrantOfCoupon {
  readonly grant: Grant;
  readonly coupon: Coupon;
}

/**
 * Takes a grant away for good; the stock that it came from stays used. Safe to repeat.
 * @throws DomainError `NOT_FOUND`; `GRANT_STATE` while an order holds it, and of one that was used.
 */
export async function revokeGrant(
  tx: CouponTx,
  readNow: ReadNow,
  { key, actor }: { readonly key: GrantKey; readonly actor: string },
): Promise<GrantOfCoupon> {
  const book = await GrantBook.open(tx, readNow, [key]);
  const grant = book.grant(key);
  if (grant === undefined) refuseUnknownGrant(key);
  const state = book.apply(key, { kind: 'revoke' }, actor);
  if (state !== undefined) {
    const name = grantName(key);
    const order = grant.use?.orderId;
    throw new DomainError(
      'GRANT_STATE',
      `Grant ${name} is ${state} by order ${order ?? 'none'}; only one that is available can be revoked.`,
      { grantId: name, state },
    );
  }
  await book.close();
  return { grant: book.grant(key) ?? grant, coupon: book.coupon(key.couponId) };
}

export function refuseUnknownGrant(key: GrantKey): never {
  throw new DomainError('NOT_FOUND', `There is no grant ${grantName(key)}; look at the wallet of its member.`, {
    grantId: grantName(key),
  });
}
