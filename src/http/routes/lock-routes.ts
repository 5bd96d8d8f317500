import { z } from 'zod';
import { DomainError } from '../../core/errors.js';
import { ordinal, type OrderId } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import { SECOND_MS } from '../../core/time.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import { grantName, parseGrantName, type GrantKey } from '../../coupon/grant/grant.js';
import { refuseLock } from '../../coupon/order/lock-coupons.js';
import type { LockDesk } from '../../coupon/order/lock-desk.js';
import type { OrderView } from '../../coupon/order/order-view.js';
import { readOrderId } from '../../coupon/order/read-order-id.js';
import { findOrdinal } from '../../membership/find-ordinal.js';
import { readMemberId } from '../../membership/read-member.js';
import { actorOf } from '../actor.js';
import type { HttpApp } from '../http-app.js';
import { lockBody, orderIdText, orderOutput, renderOrder } from '../lock-schemas.js';
import { basketOf } from '../quote-schemas.js';

export interface LockRoutesDeps<Tx extends CouponTx> {
  readonly store: Store<Tx>;
  readonly locks: LockDesk<Tx>;
  readonly desk: CouponDesk<Tx>;
}

const byOrderId = z.strictObject({ orderId: orderIdText });

/** Coupons of orders, for the shop's own servers. */
export function registerLockRoutes<Tx extends CouponTx>(
  app: HttpApp,
  { store, locks, desk }: LockRoutesDeps<Tx>,
): void {
  const render = async (view: OrderView) => {
    const { ordinal: member } = view.order;
    const [memberId] = member === undefined ? [] : await store.read((tx) => tx.members.memberIdsOf([member]));
    return renderOrder(view, memberId);
  };

  app.post(
    '/v1/locks',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Lock coupons for an order',
        description:
          'All of them or none, at the price that is derived from the basket as in a quote. The order is the key: asked ' +
          'again with the same basket and coupons it is answered as it stands, and needs no Idempotency-Key. Without news of the order the lock ends by ' +
          'itself.',
        body: lockBody,
        response: { 200: orderOutput },
      },
    },
    async (request) => {
      const { memberId, grantIds, lockSeconds } = request.body;
      const orderId = readOrderId(request.body.orderId);
      const grants = readGrantNames(grantIds);
      await refuseMadeUp(desk, orderId, grants);
      const member = ordinal(await store.read((tx) => findOrdinal(tx.members, readMemberId(memberId))));
      const view = await locks.lock({
        orderId,
        ordinal: member,
        grants,
        basket: basketOf(request.body),
        lockMs: lockSeconds * SECOND_MS,
        actor: actorOf(request),
      });
      return render(view);
    },
  );

  app.get(
    '/v1/locks/:orderId',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'Show what an order holds',
        params: byOrderId,
        response: { 200: orderOutput },
      },
    },
    async ({ params }) => render(await locks.find(readOrderId(params.orderId))),
  );

  app.delete(
    '/v1/locks/:orderId',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Release what an order has locked',
        description:
          'The order lives on and may lock again. Coupons of one that is paid come back by its refund. Safe to repeat.',
        params: byOrderId,
        response: { 200: orderOutput },
      },
    },
    async (request) => {
      const orderId = readOrderId(request.params.orderId);
      return render(await locks.release({ orderId, actor: actorOf(request) }));
    },
  );
}

/**
 * From memory: made-up coupons do not reach the store.
 * @throws DomainError `LOCK_REFUSED`.
 */
async function refuseMadeUp(
  { shelf }: Pick<CouponDesk<CouponTx>, 'shelf'>,
  orderId: OrderId,
  grants: readonly GrantKey[],
): Promise<void> {
  const areKnown = await Promise.all(grants.map(({ couponId }) => shelf.has(couponId)));
  const refusals = grants
    .filter((_, index) => areKnown[index] !== true)
    .map((key) => ({ grantId: grantName(key), reason: 'unknownGrant' }));
  if (refusals.length > 0) refuseLock(orderId, refusals);
}

/** @throws DomainError `INVALID_INPUT` for a name that is none, and for one that stands twice. */
function readGrantNames(names: readonly string[]): readonly GrantKey[] {
  const keys = names.map(readGrantName);
  if (new Set(keys.map(grantName)).size === keys.length) return keys;
  throw new DomainError('INVALID_INPUT', 'A coupon stands twice in the lock; name each once.', { field: 'grantIds' });
}

/** @throws DomainError `INVALID_INPUT`. */
export function readGrantName(name: string): GrantKey {
  const key = parseGrantName(name);
  if (key !== undefined) return key;
  throw new DomainError('INVALID_INPUT', 'A coupon of a member is named like 5-1204-1, as its grant says.', {
    field: 'grantIds',
  });
}
