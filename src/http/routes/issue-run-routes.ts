import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { couponId, issueRunId, type CouponId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { getCoupon } from '../../coupon/get-coupon.js';
import { issueRunBooks } from '../../coupon/issue/issue-run-books.js';
import type { IssueRun } from '../../coupon/issue/issue-run.js';
import {
  getIssueRun,
  ISSUE_RUN_MOVES,
  moveIssueRun,
  startIssueRun,
  type IssueRunMove,
} from '../../coupon/issue/issue-runs.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
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
import { issueRunOutput, renderIssueRun } from '../issue-run-schemas.js';
import { cursorQuery, idParameter, limitQuery, pageOf } from '../schemas.js';
import { couponById } from './coupon-routes.js';

export interface IssueRunRoutesDeps<Tx extends CouponTx & IdempotencyTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly gate: IdempotencyGate;
  readonly cursors: CursorCodec;
  readonly desk: CouponDesk<Tx>;
  /** A run was started or moved: whoever gives looks again at once. */
  readonly wake: () => void;
}

const runById = z.strictObject({ id: idParameter, runId: idParameter });

/** Coupons given to many at once: start, list, show, pause, resume, cancel. */
export function registerIssueRunRoutes<Tx extends CouponTx & IdempotencyTx>(
  app: HttpApp,
  deps: IssueRunRoutesDeps<Tx>,
): void {
  registerStart(app, deps);
  registerReads(app, deps);
  for (const move of ISSUE_RUN_MOVES) registerMove(app, deps, move);
}

function registerStart<Tx extends CouponTx & IdempotencyTx>(app: HttpApp, deps: IssueRunRoutesDeps<Tx>): void {
  app.post(
    '/v1/coupons/:id/issue-runs',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Give a coupon of the platform now, to everybody or its frozen audience',
        description:
          'Instead of at the next login; both go on side by side and nobody gets two. Answers at once, the run goes on ' +
          'behind it, while the coupon is open and not paused. Who joins later gets the coupon at login.',
        params: couponById,
        headers: recordedPostHeaders,
        response: { 201: issueRunOutput },
      },
    },
    async (request, reply) => {
      const id = couponId(request.params.id);
      await deps.desk.checkExists(id);
      const command = { couponId: id, createdBy: actorOf(request), cause: 'person' } as const;
      return runOnce(deps, { id, request, reply, status: 201 }, async (remember) => {
        let started: IssueRun | undefined;
        await deps.desk.change(async (tx) => {
          const { run, coupon } = await startIssueRun(tx, deps.clock.now(), command);
          await remember(tx, run);
          started = run;
          return coupon;
        });
        return started;
      });
    },
  );
}

const MOVE_WORDS: Readonly<Record<IssueRunMove, { readonly summary: string; readonly description: string }>> = {
  pause: {
    summary: 'Pause an issue run',
    description: 'Between two slices. Whoever it has not come to still gets the coupon at login. Safe to repeat.',
  },
  resume: { summary: 'Let an issue run go on', description: 'From where it was. Safe to repeat.' },
  cancel: {
    summary: 'Cancel an issue run',
    description: 'For good; what it gave stays given, the others get the coupon at login. Safe to repeat.',
  },
};

function registerMove<Tx extends CouponTx & IdempotencyTx>(
  app: HttpApp,
  deps: IssueRunRoutesDeps<Tx>,
  move: IssueRunMove,
): void {
  app.post(
    `/v1/coupons/:id/issue-runs/:runId/${move}`,
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        ...MOVE_WORDS[move],
        params: runById,
        headers: idempotencyHeaders,
        response: { 200: issueRunOutput },
      },
    },
    async (request, reply) => {
      const command = { couponId: couponId(request.params.id), id: issueRunId(request.params.runId), move };
      await deps.desk.checkExists(command.couponId);
      return runOnce(deps, { id: command.couponId, request, reply, status: 200 }, (remember) =>
        deps.store.transaction(async (tx) => {
          const run = await moveIssueRun(tx, deps.clock.now(), command);
          await remember(tx, run);
          return run;
        }),
      );
    },
  );
}

function registerReads<Tx extends CouponTx & IdempotencyTx>(app: HttpApp, deps: IssueRunRoutesDeps<Tx>): void {
  const { store, cursors } = deps;
  app.get(
    '/v1/coupons/:id/issue-runs',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'List the issue runs of a coupon, newest first',
        params: couponById,
        querystring: z.strictObject({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: pageOf(issueRunOutput) },
      },
    },
    async ({ params, query }) => {
      const id = couponId(params.id);
      await deps.desk.checkExists(id);
      const list = ['issueRuns', String(id)];
      const before = cursors.readNumber(list, query.cursor);
      const beforeId = before === undefined ? undefined : issueRunId(before);
      const runs = await store.read((tx) => tx.issueRuns.ofCoupon(id, { beforeId, limit: query.limit + 1 }));
      const shown = await Promise.all(runs.map((run) => show(deps, run)));
      return toPage(shown, query.limit, {
        item: (run) => run,
        cursorAfter: (run) => cursors.write(list, run.id),
      });
    },
  );

  app.get(
    '/v1/coupons/:id/issue-runs/:runId',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'Show an issue run with its books',
        params: runById,
        response: { 200: issueRunOutput },
      },
    },
    async ({ params }) => {
      const key = { couponId: couponId(params.id), id: issueRunId(params.runId) };
      await deps.desk.checkExists(key.couponId);
      return show(deps, await store.read((tx) => getIssueRun(tx, key)));
    },
  );
}

/** One effect per Idempotency-Key; answers the run as it is then. */
async function runOnce<Tx extends CouponTx & IdempotencyTx>(
  deps: IssueRunRoutesDeps<Tx>,
  {
    id,
    request,
    reply,
    status,
  }: {
    readonly id: CouponId;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly status: number;
  },
  body: (remember: (tx: Tx, run: IssueRun) => Promise<void>) => Promise<IssueRun | undefined>,
): Promise<z.output<typeof issueRunOutput>> {
  const { store, gate, wake } = deps;
  const referenceOf = (run: IssueRun | undefined): string => `issueRun/${String(run?.id)}`;
  const answer = await gate.run(idempotentRequestOf(request), async (remember) => {
    const run = await body((tx, made) => remember(tx, { status, reference: referenceOf(made) }));
    return { status, reference: referenceOf(run) };
  });
  markAnswer(reply, answer);
  wake();
  const key = { couponId: id, id: issueRunId(referencedId(answer.reference)) };
  return show(deps, await store.read((tx) => getIssueRun(tx, key)));
}

async function show<Tx extends CouponTx & IdempotencyTx>(
  { store, clock }: IssueRunRoutesDeps<Tx>,
  run: IssueRun,
): Promise<z.output<typeof issueRunOutput>> {
  const { books, coupon } = await store.read(async (tx) => ({
    books: await issueRunBooks(tx, run),
    coupon: await getCoupon(tx, run.couponId),
  }));
  return renderIssueRun(run, { books, coupon, now: clock.now() });
}
