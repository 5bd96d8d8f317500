import { z } from 'zod';
import type { CampaignTx } from '../../campaign/create-campaign.js';
import type { LaunchContext } from '../../campaign/launch-campaign.js';
import { DomainError } from '../../core/errors.js';
import { couponId, type CouponId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { COUPON_ISSUES, COUPON_STATES, type Coupon } from '../../coupon/coupon.js';
import { createAnnouncedCoupon } from '../../coupon/audience/announce-coupon.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { createCoupon } from '../../coupon/create-coupon.js';
import { changeStock, editCoupon, type CouponChanges } from '../../coupon/edit-coupon.js';
import { getCoupon } from '../../coupon/get-coupon.js';
import { recallCoupon } from '../../coupon/issue/recall-coupon.js';
import { COUPON_MOVES, moveCoupon, type CouponMove } from '../../coupon/move-coupon.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import { actorOf } from '../actor.js';
import {
  couponOutput,
  createCouponBody,
  editCouponBody,
  identified,
  renderCoupon,
  shownCouponOutput,
  stockBody,
  termsOf,
} from '../coupon-schemas.js';
import { toPage, type CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  idempotencyHeaders,
  idempotentRequestOf,
  markAnswer,
  recordedPostHeaders,
  referencedId,
} from '../idempotent-answer.js';
import { cursorQuery, idParameter, limitQuery, pageOf } from '../schemas.js';

/** What coupons, and the campaigns that tell of them, need of a transaction. */
export type CouponRoutesTx = CouponTx & CampaignTx & IdempotencyTx;

export interface CouponRoutesDeps<Tx extends CouponRoutesTx> extends Pick<LaunchContext, 'catalogue' | 'wording'> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly gate: IdempotencyGate;
  readonly cursors: CursorCodec;
  readonly desk: CouponDesk<Tx>;
}

export const couponById = z.strictObject({ id: idParameter });

const listQuery = z.strictObject({
  state: z.enum(COUPON_STATES).optional(),
  issue: z.enum(COUPON_ISSUES).optional(),
  limit: limitQuery,
  cursor: cursorQuery,
});

/** Coupons: create, list, show, edit, move, change the stock. */
export function registerCouponRoutes<Tx extends CouponRoutesTx>(app: HttpApp, deps: CouponRoutesDeps<Tx>): void {
  registerCreate(app, deps);
  registerReads(app, deps);
  registerEdit(app, deps);
  registerStock(app, deps);
  for (const move of COUPON_MOVES) registerMove(app, deps, move);
  registerRecall(app, deps);
}

/** One effect per Idempotency-Key; answers the coupon as it is then. */
async function changeOnce<Tx extends CouponRoutesTx>(
  { store, clock, gate, desk }: CouponRoutesDeps<Tx>,
  {
    request,
    reply,
    status,
  }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly status: number },
  body: (tx: Tx) => Promise<Coupon>,
): Promise<z.output<typeof shownCouponOutput>> {
  const answer = await gate.run(idempotentRequestOf(request), async (remember) => {
    const { id } = await desk.change(async (tx) => {
      const changed = await body(tx);
      await remember(tx, { status, reference: `coupon/${changed.id}` });
      return changed;
    });
    return { status, reference: `coupon/${id}` };
  });
  markAnswer(reply, answer);
  return showCoupon({ store, clock }, referencedCoupon(answer.reference));
}

async function showCoupon<Tx extends CouponRoutesTx>(
  { store, clock }: Pick<CouponRoutesDeps<Tx>, 'store' | 'clock'>,
  id: CouponId,
): Promise<z.output<typeof shownCouponOutput>> {
  const [coupon, campaigns] = await store.read(async (tx) => [
    await getCoupon(tx, id),
    await tx.campaigns.ofCoupon(id),
  ]);
  return { ...renderCoupon(coupon, clock.now()), campaignIds: campaigns.map(({ campaignId }) => campaignId) };
}

const referencedCoupon = (reference: string): CouponId => couponId(referencedId(reference));

function registerCreate<Tx extends CouponRoutesTx>(app: HttpApp, deps: CouponRoutesDeps<Tx>): void {
  app.post(
    '/v1/coupons',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Create a coupon',
        description:
          'Makes a draft: one row, whatever the number of members. Nobody gets it before it is activated. With `announce` it ' +
          'is active at once and a campaign tells of it; the audience `announced` keeps it for those members.',
        headers: recordedPostHeaders,
        body: createCouponBody,
        response: { 201: shownCouponOutput },
      },
    },
    async (request, reply) => {
      const { announce, audience } = request.body;
      const command = { ...termsOf(request.body), createdBy: actorOf(request) };
      const isForThemOnly = audience.kind === 'announced';
      if (announce === undefined && isForThemOnly) refuseNobodyTold();
      if (announce !== undefined && !request.principal.scopes.includes('launch')) refuseLaunch();
      if (announce?.audience.kind === 'filter') await deps.desk.checkFilter(announce.audience.filter);
      const { clock, catalogue, wording } = deps;
      return changeOnce(deps, { request, reply, status: 201 }, (tx) =>
        announce === undefined
          ? createCoupon(tx, clock.now(), command)
          : createAnnouncedCoupon(
              tx,
              { now: clock.now(), catalogue, wording },
              { ...command, announce, isForThemOnly },
            ),
      );
    },
  );
}

function refuseNobodyTold(): never {
  const message = 'A coupon for those who are told of it needs the campaign that tells them: give `announce`.';
  throw new DomainError('INVALID_INPUT', message, { field: 'announce' });
}

function refuseLaunch(): never {
  throw new DomainError('FORBIDDEN', 'Announcing a coupon needs a key with the scope "launch".', { scope: 'launch' });
}

function registerReads<Tx extends CouponRoutesTx>(
  app: HttpApp,
  { store, clock, cursors, desk }: CouponRoutesDeps<Tx>,
): void {
  app.get(
    '/v1/coupons',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'List coupons, newest first',
        querystring: listQuery,
        response: { 200: pageOf(couponOutput) },
      },
    },
    async ({ query }) => {
      const now = clock.now();
      const list = ['coupons', query.state ?? '', query.issue ?? ''];
      const before = cursors.readNumber(list, query.cursor);
      const rows = await store.read((tx) =>
        tx.coupons.page({
          state: query.state,
          issue: query.issue,
          now,
          beforeId: before === undefined ? undefined : couponId(before),
          limit: query.limit + 1,
        }),
      );
      return toPage(rows, query.limit, {
        item: (coupon) => renderCoupon(coupon, now),
        cursorAfter: ({ id }) => cursors.write(list, id),
      });
    },
  );

  app.get(
    '/v1/coupons/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'Show a coupon with its counts',
        params: couponById,
        response: { 200: shownCouponOutput },
      },
    },
    async ({ params }) => {
      const id = couponId(params.id);
      await desk.checkExists(id);
      return showCoupon({ store, clock }, id);
    },
  );
}

function registerEdit<Tx extends CouponRoutesTx>(app: HttpApp, { clock, desk }: CouponRoutesDeps<Tx>): void {
  app.patch(
    '/v1/coupons/:id',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Edit a coupon',
        description:
          'All terms of a draft; later its name, description, budget and close only, because members may hold it. ' +
          'Counts are never touched; the stock has its own route.',
        params: couponById,
        body: editCouponBody,
        response: { 200: couponOutput },
      },
    },
    async ({ params, body }) => {
      const command = { id: couponId(params.id), version: body.version, changes: changesOf(body) };
      await desk.checkExists(command.id);
      return renderCoupon(await desk.change((tx) => editCoupon(tx, clock.now(), command)), clock.now());
    },
  );
}

function registerStock<Tx extends CouponRoutesTx>(app: HttpApp, { clock, desk }: CouponRoutesDeps<Tx>): void {
  app.put(
    '/v1/coupons/:id/stock',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Raise or lower the stock of a coupon',
        description:
          'While claims run; never below what is granted (STOCK_BELOW_GRANTED). A coupon that was sold out opens again. ' +
          'With `version` it is refused when someone else was first (VERSION_CONFLICT). Safe to repeat without one.',
        params: couponById,
        body: stockBody,
        response: { 200: couponOutput },
      },
    },
    async ({ params, body }) => {
      const command = { id: couponId(params.id), stock: body.stock ?? undefined, version: body.version };
      await desk.checkExists(command.id);
      return renderCoupon(await desk.change((tx) => changeStock(tx, clock.now(), command)), clock.now());
    },
  );
}

const MOVE_WORDS: Readonly<Record<CouponMove, { readonly summary: string; readonly description: string }>> = {
  activate: {
    summary: 'Activate a coupon',
    description: 'A draft, or one that was paused: it is given between its opening and its close. Safe to repeat.',
  },
  pause: {
    summary: 'Pause a coupon',
    description: 'It is given no more until it is activated again; what members hold stays theirs. Safe to repeat.',
  },
  end: {
    summary: 'End a coupon now',
    description: 'It is given no more, for good; what members hold stays valid until its own end. Safe to repeat.',
  },
};

function registerMove<Tx extends CouponRoutesTx>(app: HttpApp, deps: CouponRoutesDeps<Tx>, move: CouponMove): void {
  app.post(
    `/v1/coupons/:id/${move}`,
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        ...MOVE_WORDS[move],
        params: couponById,
        headers: idempotencyHeaders,
        response: { 200: couponOutput },
      },
    },
    async (request, reply) => {
      const id = couponId(request.params.id);
      await deps.desk.checkExists(id);
      return changeOnce(deps, { request, reply, status: 200 }, (tx) => moveCoupon(tx, deps.clock.now(), { id, move }));
    },
  );
}

function registerRecall<Tx extends CouponRoutesTx>(app: HttpApp, deps: CouponRoutesDeps<Tx>): void {
  app.post(
    '/v1/coupons/:id/recall',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Take back all grants of a coupon that are not redeemed',
        description:
          'Ends the coupon. What an order holds stays with it: paid, it is redeemed; released, it is revoked. ' +
          'The answer says how many are revoked. Cannot be undone; safe to repeat.',
        params: couponById,
        headers: idempotencyHeaders,
        response: { 200: couponOutput },
      },
    },
    async (request, reply) => {
      const id = couponId(request.params.id);
      await deps.desk.checkExists(id);
      return changeOnce(deps, { request, reply, status: 200 }, (tx) => recallCoupon(tx, deps.clock.now(), id));
    },
  );
}

/** Only the fields that were sent; null clears what can be cleared. */
function changesOf({ version: _, ...body }: z.output<typeof editCouponBody>): CouponChanges {
  const { description, promotionId, audience, budgetMinor, ...rest } = body;
  const sent = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as CouponChanges; // the same fields, fewer
  const ids = identified({ promotionId: promotionId ?? undefined, audience: audience ?? { kind: 'everybody' } });
  return {
    ...sent,
    ...(description !== undefined && { description: description ?? undefined }),
    ...(promotionId !== undefined && { promotionId: ids.promotionId }),
    ...(audience !== undefined && { audience: ids.audience }),
    ...(budgetMinor !== undefined && { budgetMinor: budgetMinor ?? undefined }),
  };
}
