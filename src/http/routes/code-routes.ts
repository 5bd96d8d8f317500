import { z } from 'zod';
import { couponId, ordinal } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import { CODE_OUTCOMES, type CodeAnswer } from '../../coupon/code/claim-code.js';
import type { CodeDesk } from '../../coupon/code/code-desk.js';
import { MAX_CODES_AT_ONCE } from '../../coupon/code/make-codes.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import { readMemberId } from '../../membership/read-member.js';
import { grantOutput, renderGrant } from '../coupon-schemas.js';
import type { HttpApp } from '../http-app.js';
import { idempotencyHeaders, idempotentRequestOf, markAnswer } from '../idempotent-answer.js';
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
  })
  .meta({ id: 'MadeCodes' });

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
      const shown: { codes: string[] | null } = { codes: null };
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          shown.codes = [...(await codes.make(tx, { couponId: id, count: request.body.count }))];
          const done = { status: 201, reference: `coupon/${id}` };
          await remember(tx, done);
          return done;
        }),
      );
      markAnswer(reply, answer);
      return shown;
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
