import { z } from 'zod';
import { DomainError } from '../../core/errors.js';
import { promotionId, type PromotionId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import { createPromotion, type StartCampaign } from '../../promotion/create-promotion.js';
import { editPromotion, type EditPromotion } from '../../promotion/edit-promotion.js';
import { endPromotion } from '../../promotion/end-promotion.js';
import { getPromotion } from '../../promotion/get-promotion.js';
import type { PromotionReader } from '../../promotion/promotion-reader.js';
import type { PromotionTx } from '../../promotion/promotion-repository.js';
import { PROMOTION_KINDS, PROMOTION_STATES } from '../../promotion/promotion.js';
import { actorOf } from '../actor.js';
import { toPage, type CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import {
  idempotencyHeaders,
  idempotentRequestOf,
  markAnswer,
  recordedPostHeaders,
  referencedId,
} from '../idempotent-answer.js';
import {
  createPromotionBody,
  createdPromotionOutput,
  editPromotionBody,
  promotionOutput,
  renderPromotion,
} from '../promotion-schemas.js';
import { cursorQuery, idParameter, limitQuery, pageOf } from '../schemas.js';

export interface PromotionRoutesDeps<Tx extends PromotionTx & IdempotencyTx, Announcement> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly gate: IdempotencyGate;
  readonly cursors: CursorCodec;
  /** Reads one promotion for whoever asks for it. */
  readonly promotions: PromotionReader;
  /** What `announce` may hold, and how it starts a campaign. */
  readonly announcement: {
    readonly schema: z.ZodType<Announcement>;
    readonly start: StartCampaign<Tx, Announcement>;
    /** Called once the campaign is committed. */
    readonly wake?: () => void;
  };
}

const byId = z.strictObject({ id: idParameter });

const listQuery = z.strictObject({
  state: z.enum(PROMOTION_STATES).optional(),
  kind: z.enum(PROMOTION_KINDS).optional(),
  limit: limitQuery,
  cursor: cursorQuery,
});

/** Promotions: create, list, show, edit, end. */
export function registerPromotionRoutes<Tx extends PromotionTx & IdempotencyTx, Announcement>(
  app: HttpApp,
  deps: PromotionRoutesDeps<Tx, Announcement>,
): void {
  registerCreate(app, deps);
  registerReads(app, deps);
  registerChanges(app, deps);
}

function registerCreate<Tx extends PromotionTx & IdempotencyTx, Announcement>(
  app: HttpApp,
  { store, clock, gate, announcement }: PromotionRoutesDeps<Tx, Announcement>,
): void {
  app.post(
    '/v1/promotions',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['promotions'],
        summary: 'Create a promotion',
        description:
          'The same name, creator, start and end within 30 minutes have one effect: a second submit gets the first promotion, ' +
          'marked by `isDuplicate` and the header `Fanfare-Duplicate`; with another rule it is refused (PROMOTION_CONFLICT).',
        headers: recordedPostHeaders,
        body: createPromotionBody(announcement.schema),
        response: { 201: createdPromotionOutput },
      },
    },
    async (request, reply) => {
      const { announce, ...terms } = request.body;
      if (announce !== undefined && !request.principal.scopes.includes('launch')) {
        throw new DomainError('FORBIDDEN', 'Announcing a promotion needs a key with the scope "launch".', {
          scope: 'launch',
        });
      }
      const createdBy = actorOf(request);
      const made = { isDuplicate: true }; // what is answered from a kept answer was not made now
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          const created = await createPromotion(
            tx,
            { now: clock.now(), startCampaign: announcement.start },
            { ...terms, createdBy, announce },
          );
          made.isDuplicate = created.isDuplicate;
          const done = { status: 201, reference: `promotion/${created.promotion.id}` };
          await remember(tx, done);
          return done;
        }),
      );
      if (announce !== undefined) announcement.wake?.();
      markAnswer(reply, answer);
      if (made.isDuplicate) void reply.header('fanfare-duplicate', 'true');
      const promotion = await store.read((tx) => getPromotion(tx, referencedPromotion(answer.reference)));
      return { ...renderPromotion(promotion, clock.now()), ...made };
    },
  );
}

function registerReads<Tx extends PromotionTx & IdempotencyTx>(
  app: HttpApp,
  {
    store,
    clock,
    cursors,
    promotions,
  }: Pick<PromotionRoutesDeps<Tx, unknown>, 'store' | 'clock' | 'cursors' | 'promotions'>,
): void {
  app.get(
    '/v1/promotions',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['promotions'],
        summary: 'List promotions, newest first',
        querystring: listQuery,
        response: { 200: pageOf(promotionOutput) },
      },
    },
    async ({ query }) => {
      const now = clock.now();
      const list = ['promotions', query.state ?? '', query.kind ?? ''];
      const before = cursors.readNumber(list, query.cursor);
      const rows = await store.read((tx) =>
        tx.promotions.page({
          state: query.state,
          kind: query.kind,
          now,
          beforeId: before === undefined ? undefined : promotionId(before),
          limit: query.limit + 1,
        }),
      );
      return toPage(rows, query.limit, {
        item: (promotion) => renderPromotion(promotion, now),
        cursorAfter: ({ id }) => cursors.write(list, id),
      });
    },
  );

  app.get(
    '/v1/promotions/:id',
    {
      config: { scope: 'read' },
      schema: { tags: ['promotions'], summary: 'Show a promotion', params: byId, response: { 200: promotionOutput } },
    },
    async ({ params }) => {
      const promotion = await getPromotion({ promotions }, promotionId(params.id));
      return renderPromotion(promotion, clock.now());
    },
  );
}

function registerChanges<Tx extends PromotionTx & IdempotencyTx>(
  app: HttpApp,
  { store, clock, gate, promotions }: Pick<PromotionRoutesDeps<Tx, unknown>, 'store' | 'clock' | 'gate' | 'promotions'>,
): void {
  app.patch(
    '/v1/promotions/:id',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['promotions'],
        summary: 'Edit a promotion',
        description: 'Announces nothing: campaigns that were launched keep the terms they were launched with.',
        params: byId,
        body: editPromotionBody,
        response: { 200: promotionOutput },
      },
    },
    async ({ params, body }) => {
      const command: EditPromotion = { id: promotionId(params.id), version: body.version, changes: changesOf(body) };
      const promotion = await store.transaction((tx) => editPromotion(tx, clock.now(), command));
      await promotions.changed(promotion.id);
      return renderPromotion(promotion, clock.now());
    },
  );

  app.post(
    '/v1/promotions/:id/end',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['promotions'],
        summary: 'End a promotion now',
        description: 'Safe to repeat: one that has ended stays as it is.',
        params: byId,
        headers: idempotencyHeaders,
        response: { 200: promotionOutput },
      },
    },
    async (request, reply) => {
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          const { id } = await endPromotion(tx, clock.now(), promotionId(request.params.id));
          const done = { status: 200, reference: `promotion/${id}` };
          await remember(tx, done);
          return done;
        }),
      );
      markAnswer(reply, answer);
      const promotion = await store.read((tx) => getPromotion(tx, referencedPromotion(answer.reference)));
      await promotions.changed(promotion.id);
      return renderPromotion(promotion, clock.now());
    },
  );
}

const referencedPromotion = (reference: string): PromotionId => promotionId(referencedId(reference));

/** Only the fields that were sent; null clears what can be cleared. */
function changesOf({ version: _, description, ...rest }: z.output<typeof editPromotionBody>): EditPromotion['changes'] {
  const sent = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as EditPromotion['changes']; // the same fields, fewer
  return description === undefined ? sent : { ...sent, description: description ?? undefined };
}
