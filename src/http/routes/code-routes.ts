import { z } from 'zod';
import { couponId, ordinal } from '../../core/ids.js';
import { epochMs, formatInstant } from '../../core/time.js';
import type { Store } from '../../core/ports/store.js';
import { CODE_OUTCOMES, type CodeAnswer } from '../../coupon/code/claim-code.js';
import type { CodeDesk } from '../../coupon/code/code-desk.js';
import { MAX_CODES_AT_ONCE } from '../../coupon/code/make-codes.js';
import { listMakings, voidCodes } from '../../coupon/code/void-codes.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import { readMemberId } from '../../membership/read-member.js';
import { grantOutput, renderGrant } from '../coupon-schemas.js';
import type { HttpApp } from '../http-app.js';
import { idempotencyHeaders, idempotentRequestOf, markAnswer, referencedId } from '../idempotent-answer.js';
import { instantInput, instantOutput } from '../schemas.js';
import { couponById } from './coupon-routes.js';

export interface CodeRoutesDeps<Tx extends CouponTx & IdempotencyTx> {
  readonly store: Store<Tx>;
  readonly gate: IdempotencyGate;
  readonly desk: Pick<CouponDesk<Tx>, 'checkExists'>;
  readonly codes: CodeDesk<Tx>;
}

const makeBody = z.strictObject({ count: z.int().min(1).max(MAX_CODES_AT_ONCE).describe('How many') });

const madeOutput = z
  .object({
    codes: z
      .array(z.string())
      .nullable()
      .describe('The codes themselves: shown now and never again; null when the request is repeated'),
    madeAt: instantOutput,
  })
  .meta({ id: 'MadeCodes' });

const makingOutput = z
  .object({
    madeAt: instantOutput,
    codes: z.int().nonnegative().describe('Made then, but for those that were voided'),
    used: z.int().nonnegative(),
  })
  .meta({ id: 'CodeMaking' });

const voidedOutput = z
  .object({ voided: z.int().nonnegative(), used: z.int().nonnegative().describe('Became grants before, which stay') })
  .meta({ id: 'VoidedCodes' });

/** Its own length is not looked at closely: what cannot be a code is refused as what is none. */
export const ownCodeClaimBody = z.strictObject({
  code: z.string().max(64).describe('As it was typed: case, hyphens and spaces do not matter'),
});

const codeClaimBody = ownCodeClaimBody.extend({ memberId: z.string().min(1).max(128) });

export const codeClaimOutput = z
  .object({
    outcome: z.enum(CODE_OUTCOMES),
    grant: grantOutput.nullable().describe('What was granted, now or before'),
  })
  .meta({ id: 'CodeClaim' });

export const CODE_CLAIM_WORDS =
  'The same member is answered with the same grant for the same code. A code that does not exist, that somebody else used or ' +
  'whose coupon is over is `notValid`; after ten of them in 15 minutes a member must wait (TOO_MANY_REQUESTS).';

export const renderCodeClaim = (answer: CodeAnswer): z.output<typeof codeClaimOutput> => ({
  outcome: answer.outcome,
  grant: answer.grant === undefined ? null : renderGrant(answer.grant, answer.coupon),
});

/** Codes: made by the shop, and used in a member's name. */
export function registerCodeRoutes<Tx extends CouponTx & IdempotencyTx>(app: HttpApp, deps: CodeRoutesDeps<Tx>): void {
  registerMake(app, deps);
  registerMakings(app, deps);
  registerClaim(app, deps);
}

function registerMake<Tx extends CouponTx & IdempotencyTx>(
  app: HttpApp,
  { store, gate, desk, codes }: CodeRoutesDeps<Tx>,
): void {
  app.post(
    '/v1/coupons/:id/codes',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Make codes of a coupon',
        description:
          'For a coupon with `byCodeOnly`. They are kept as hashes and cannot be shown again; a request that is repeated ' +
          'under its Idempotency-Key makes no others.',
        params: couponById,
        headers: idempotencyHeaders,
        body: makeBody,
        response: { 201: madeOutput },
      },
    },
    async (request, reply) => {
      const id = couponId(request.params.id);
      await desk.checkExists(id);
      let shown: string[] | null = null;
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          const made = await codes.make(tx, { couponId: id, count: request.body.count });
          shown = [...made.codes];
          const done = { status: 201, reference: `codes/${made.madeAt}` };
          await remember(tx, done);
          return done;
        }),
      );
      markAnswer(reply, answer);
      return { codes: shown, madeAt: formatInstant(epochMs(referencedId(answer.reference))) };
    },
  );
}

function registerMakings<Tx extends CouponTx & IdempotencyTx>(app: HttpApp, { store, desk }: CodeRoutesDeps<Tx>): void {
  app.get(
    '/v1/coupons/:id/codes',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'When codes of a coupon were made, and how many are used',
        description: 'Newest first. The codes themselves are not kept.',
        params: couponById,
        response: { 200: z.object({ items: z.array(makingOutput) }) },
      },
    },
    async ({ params }) => {
      const id = couponId(params.id);
      await desk.checkExists(id);
      const makings = await store.read((tx) => listMakings(tx, id));
      return { items: makings.map((each) => ({ ...each, madeAt: formatInstant(each.madeAt) })) };
    },
  );

  app.post(
    '/v1/coupons/:id/codes/void',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Void codes that were made at one moment and not used',
        description:
          'For codes whose answer was lost, or that came into wrong hands: they are `notValid` from here on. Grants that ' +
          'came of codes stay.',
        params: couponById,
        body: z.strictObject({ madeAt: instantInput.describe('As the making answered') }),
        response: { 200: voidedOutput },
      },
    },
    async ({ params, body }) => {
      const id = couponId(params.id);
      await desk.checkExists(id);
      return store.transaction((tx) => voidCodes(tx, { couponId: id, madeAt: body.madeAt }));
    },
  );
}

function registerClaim<Tx extends CouponTx & IdempotencyTx>(app: HttpApp, { store, codes }: CodeRoutesDeps<Tx>): void {
  app.post(
    '/v1/codes/claims',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Claim a coupon for a member by a code',
        description: CODE_CLAIM_WORDS,
        body: codeClaimBody,
        response: { 200: codeClaimOutput },
      },
    },
    async ({ body }) => {
      const memberId = readMemberId(body.memberId);
      const [member] = await store.read((tx) => tx.members.findOrdinals([memberId]));
      if (member === undefined) return { outcome: 'unknownMember' as const, grant: null };
      return renderCodeClaim(await codes.claim(ordinal(member), body.code));
    },
  );
}
