import { z } from 'zod';
import { couponId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { getCoupon } from '../../coupon/get-coupon.js';
import { findGrant } from '../../coupon/grant/held-grants.js';
import type { LockDesk } from '../../coupon/order/lock-desk.js';
import { refuseUnknownGrant, type GrantOfCoupon } from '../../coupon/grant/revoke-grant.js';
import { actorOf } from '../actor.js';
import { toPage, type CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import { heldGrantOutput, journalEntryOutput, renderHeldGrant, renderJournalEntry } from '../lock-schemas.js';
import { cursorQuery, limitQuery, pageOf } from '../schemas.js';
import { couponById } from './coupon-routes.js';
import { readGrantName } from './lock-routes.js';

export interface GrantRoutesDeps<Tx extends CouponTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly cursors: CursorCodec;
  readonly desk: CouponDesk<Tx>;
  readonly locks: LockDesk<Tx>;
}

const byGrantId = z.strictObject({ grantId: z.string().max(60) });

/** Single grants, and the journal that all of them stand in. */
export function registerGrantRoutes<Tx extends CouponTx>(
  app: HttpApp,
  { store, clock, cursors, desk, locks }: GrantRoutesDeps<Tx>,
): void {
  const render = async (held: GrantOfCoupon) => {
    const [memberId] = await store.read((tx) => tx.members.memberIdsOf([held.grant.ordinal]));
    return renderHeldGrant(held, { memberId, now: clock.now() });
  };

  app.get(
    '/v1/grants/:grantId',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'Show one coupon of one member',
        params: byGrantId,
        response: { 200: heldGrantOutput },
      },
    },
    async ({ params }) => {
      const key = readGrantName(params.grantId);
      await desk.checkExists(key.couponId);
      const held = await store.read(async (tx) => ({
        grant: await findGrant(tx, key),
        coupon: await getCoupon(tx, key.couponId),
      }));
      return render({ ...held, grant: held.grant ?? refuseUnknownGrant(key) });
    },
  );

  app.post(
    '/v1/grants/:grantId/revoke',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Take a coupon out of a wallet, for good',
        description: 'One that is available: an order keeps what it holds. The stock stays used. Safe to repeat.',
        params: byGrantId,
        response: { 200: heldGrantOutput },
      },
    },
    async (request) => {
      const key = readGrantName(request.params.grantId);
      await desk.checkExists(key.couponId);
      return render(await locks.revoke({ key, actor: actorOf(request) }));
    },
  );

  app.get(
    '/v1/coupons/:id/journal',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'A page of everything that happened to the grants of a coupon, oldest first',
        params: couponById,
        querystring: z.strictObject({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: pageOf(journalEntryOutput) },
      },
    },
    async ({ params, query }) => {
      const id = couponId(params.id);
      await desk.checkExists(id);
      const list = ['journal', String(id)];
      const after = cursors.readNumber(list, query.cursor) ?? 0;
      const entries = await store.read((tx) => tx.grants.journalAfter(id, { after, limit: query.limit + 1 }));
      return toPage(entries, query.limit, {
        item: renderJournalEntry,
        cursorAfter: ({ position }) => cursors.write(list, position),
      });
    },
  );
}
