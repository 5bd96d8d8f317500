import { z } from 'zod';
import { ordinal } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { GRANT_STATES } from '../../coupon/grant/grant-state.js';
import { walletPlace } from '../../coupon/grant/wallet.js';
import { findOrdinal } from '../../membership/find-ordinal.js';
import { renderWalletItem, walletItemOutput } from '../coupon-schemas.js';
import { toPage, type CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import { cursorQuery, limitQuery, pageOf } from '../schemas.js';
import { byMemberId } from './member-routes.js';

export interface WalletRoutesDeps<Tx extends CouponTx> {
  readonly store: Store<Tx>;
  readonly cursors: CursorCodec;
  readonly desk: CouponDesk<Tx>;
}

export const walletQuery = z.strictObject({
  state: z.enum(GRANT_STATES).optional(),
  limit: limitQuery,
  cursor: cursorQuery,
});

export const walletOutput = pageOf(walletItemOutput);

/** What members hold. The shop's server calls this for the member it knows. */
export function registerWalletRoutes<Tx extends CouponTx>(app: HttpApp, deps: WalletRoutesDeps<Tx>): void {
  app.get(
    '/v1/members/:memberId/coupons',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: "A page of a member's wallet, newest coupon first",
        description:
          'Whatever the platform owes the member by now is put in first, so that somebody who never logs out gets it too. ' +
          'Coupons stay for 90 days after the last of them could be valid.',
        params: byMemberId,
        querystring: walletQuery,
        response: { 200: walletOutput },
      },
    },
    ({ params, query }) => walletPage(deps, params.memberId, query),
  );
}

/** A page of what a member holds. */
export async function walletPage<Tx extends CouponTx>(
  { store, cursors, desk }: WalletRoutesDeps<Tx>,
  memberId: string,
  query: z.output<typeof walletQuery>,
): Promise<z.output<typeof walletOutput>> {
  const list = ['wallet', memberId, query.state ?? ''];
  const member = ordinal(await store.read((tx) => findOrdinal(tx.members, memberId)));
  const items = await desk.wallet({
    ordinal: member,
    state: query.state,
    after: cursors.readNumber(list, query.cursor),
    limit: query.limit + 1,
  });
  return toPage(items, query.limit, {
    item: renderWalletItem,
    cursorAfter: ({ grant }) => cursors.write(list, walletPlace(grant)),
  });
}
