import type { FastifyRequest } from 'fastify';
import { couponId, ordinal, type CouponId, type Ordinal } from '../../core/ids.js';
import { DomainError } from '../../core/errors.js';
import { structuredHash } from '../../core/structured-hash.js';
import { GRANT_REQUEST_BYTES } from '../../coupon/grant/grant.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import { readMemberId } from '../../membership/read-member.js';
import { claimBody, claimsOutput, renderGrant } from '../coupon-schemas.js';
import type { HttpApp } from '../http-app.js';
import { idempotencyHeaders, idempotentRequestOf } from '../idempotent-answer.js';
import { couponById } from './coupon-routes.js';

export interface ClaimRoutesDeps<Tx extends CouponTx> {
  readonly desk: CouponDesk<Tx>;
}

/** Claims, for the shop's own servers. */
export function registerClaimRoutes<Tx extends CouponTx>(app: HttpApp, { desk }: ClaimRoutesDeps<Tx>): void {
  app.post(
    '/v1/coupons/:id/claims',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['coupons'],
        summary: 'Claim a coupon for one or many members',
        description:
          'Answers for each member. A grant keeps the Idempotency-Key of its claim for good: sent again it is answered ' +
          'with the same grant, whatever has become of the stock since.',
        params: couponById,
        headers: idempotencyHeaders,
        body: claimBody,
        response: { 200: claimsOutput },
      },
    },
    async (request) => {
      const id = couponId(request.params.id);
      const memberIds = request.body.memberIds.map(readMemberId);
      if (new Set(memberIds).size !== memberIds.length) {
        throw new DomainError('INVALID_INPUT', 'A member stands twice in the claim; name each once.', {
          field: 'memberIds',
        });
      }
      await desk.checkExists(id);
      const ordinals = await desk.findOrdinals(memberIds);
      const known = ordinals.filter((each) => each !== undefined).map(ordinal);
      const answers = await desk.claim(
        id,
        known.map((each) => ({ ordinal: each, request: claimRequestOf(request, id, each) })),
      );
      let next = 0;
      return {
        items: memberIds.map((memberId, index) => {
          const answer = ordinals[index] === undefined ? undefined : answers[next++];
          if (answer === undefined) return { memberId, outcome: 'unknownMember' as const, grant: null };
          const grant = answer.grant === undefined ? null : renderGrant(answer.grant, answer.coupon);
          return { memberId, outcome: answer.outcome, grant };
        }),
      };
    },
  );
}

/** What one member's claim is recognised by, under the request's Idempotency-Key. */
export function claimRequestOf(request: FastifyRequest, id: CouponId, member: Ordinal): Uint8Array | undefined {
  const asked = idempotentRequestOf(request);
  if (asked === undefined) return undefined;
  return structuredHash(['claim', asked.scope, asked.key, id, member]).subarray(0, GRANT_REQUEST_BYTES);
}
