/** What members' own apps and pages ask: each for the member whom its token names, and nobody else. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { countUnread, markAllRead, markRead, type InboxTx } from '../../campaign/inbox.js';
import { assert } from '../../core/assert.js';
import { campaignId, couponId, ordinal, type MemberId } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import type { CodeDesk } from '../../coupon/code/code-desk.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { findOrdinal } from '../../membership/find-ordinal.js';
import { ownClaimOutput, renderGrant } from '../coupon-schemas.js';
import type { CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import { idempotencyHeaders } from '../idempotent-answer.js';
import { basketBody, basketOf, quoteOutput, renderQuote } from '../quote-schemas.js';
import { idParameter } from '../schemas.js';
import { claimRequestOf } from './claim-routes.js';
import { CODE_CLAIM_WORDS, codeClaimOutput, ownCodeClaimBody, renderCodeClaim } from './code-routes.js';
import { couponById } from './coupon-routes.js';
import { inboxOutput, inboxPage, inboxQuery, markedOutput, unreadOutput } from './inbox-routes.js';
import { walletOutput, walletPage, walletQuery } from './wallet-routes.js';

export interface MeRoutesDeps<Tx extends CouponTx & InboxTx> {
  readonly store: Store<Tx>;
  readonly cursors: CursorCodec;
  readonly desk: CouponDesk<Tx>;
  readonly codes: CodeDesk<Tx>;
}

export function registerMeRoutes<Tx extends CouponTx & InboxTx>(app: HttpApp, deps: MeRoutesDeps<Tx>): void {
  registerClaim(app, deps);
  registerCodeClaim(app, deps);
  registerWallet(app, deps);
  registerQuote(app, deps);
  registerInbox(app, deps);
}

function memberOf({ member }: FastifyRequest): MemberId {
  assert(member !== undefined, 'a route of members is reached by members only');
  return member;
}

/** Their own; where the shop has erased them meanwhile, or never had them, NOT_FOUND. */
const ordinalOf = async (desk: Parameters<typeof findOrdinal>[0], request: FastifyRequest) =>
  ordinal(await findOrdinal(desk, memberOf(request)));

const emptyBody = z.strictObject({}).optional().describe('Nothing: who claims is in the token');

function registerClaim<Tx extends CouponTx & InboxTx>(app: HttpApp, { desk }: MeRoutesDeps<Tx>): void {
  app.post(
    '/v1/me/coupons/:id/claims',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'Claim a coupon',
        description:
          'A grant keeps the Idempotency-Key of its claim for good: sent again it is answered with the same grant.',
        params: couponById,
        headers: idempotencyHeaders,
        body: emptyBody,
        response: { 200: ownClaimOutput },
      },
    },
    async (request) => {
      const id = couponId(request.params.id);
      await desk.checkExists(id);
      const member = await ordinalOf(desk, request);
      const [answer] = await desk.claim(id, [{ ordinal: member, request: claimRequestOf(request, id, member) }]);
      assert(answer !== undefined, 'each claim is answered');
      return {
        outcome: answer.outcome,
        grant: answer.grant === undefined ? null : renderGrant(answer.grant, answer.coupon),
      };
    },
  );
}

function registerCodeClaim<Tx extends CouponTx & InboxTx>(app: HttpApp, { desk, codes }: MeRoutesDeps<Tx>): void {
  app.post(
    '/v1/me/codes/claims',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'Claim a coupon by a code',
        description: CODE_CLAIM_WORDS,
        body: ownCodeClaimBody,
        response: { 200: codeClaimOutput },
      },
    },
    async (request) => renderCodeClaim(await codes.claim(await ordinalOf(desk, request), request.body.code)),
  );
}

function registerWallet<Tx extends CouponTx & InboxTx>(app: HttpApp, deps: MeRoutesDeps<Tx>): void {
  app.get(
    '/v1/me/coupons',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'A page of the wallet, newest coupon first',
        querystring: walletQuery,
        response: { 200: walletOutput },
      },
    },
    (request) => walletPage(deps, memberOf(request), request.query),
  );
}

function registerQuote<Tx extends CouponTx & InboxTx>(app: HttpApp, { desk }: MeRoutesDeps<Tx>): void {
  app.post(
    '/v1/me/quotes',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'Price a basket',
        description:
          'To show; prices come from the caller, so an order is priced by the shop. Holds nothing, and is worked out ' +
          'as POST /v1/quotes does.',
        body: basketBody,
        response: { 200: quoteOutput },
      },
    },
    async (request) => {
      const basket = basketOf(request.body);
      return renderQuote(await desk.quote(basket, await ordinalOf(desk, request)), basket);
    },
  );
}

function registerInbox<Tx extends CouponTx & InboxTx>(app: HttpApp, { store, cursors }: MeRoutesDeps<Tx>): void {
  app.get(
    '/v1/me/inbox',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'A page of the inbox, newest campaign first',
        querystring: inboxQuery,
        response: { 200: inboxOutput },
      },
    },
    (request) => inboxPage({ store, cursors }, memberOf(request), request.query),
  );

  app.get(
    '/v1/me/inbox/unread',
    {
      config: { scope: 'member' },
      schema: { tags: ['me'], summary: 'How many messages are unread', response: { 200: unreadOutput } },
    },
    async (request) => ({ unreadCount: await store.read((tx) => countUnread(tx, memberOf(request))) }),
  );

  app.put(
    '/v1/me/inbox/:id/read',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'Mark the message of a campaign as read',
        params: z.strictObject({ id: idParameter }),
        body: emptyBody,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await store.transaction((tx) => markRead(tx, memberOf(request), campaignId(request.params.id)));
      return reply.code(204).send();
    },
  );

  app.put(
    '/v1/me/inbox/read',
    {
      config: { scope: 'member' },
      schema: {
        tags: ['me'],
        summary: 'Mark everything as read',
        body: emptyBody,
        response: { 200: markedOutput },
      },
    },
    async (request) => ({ markedCount: await markAllRead(store, memberOf(request)) }),
  );
}
